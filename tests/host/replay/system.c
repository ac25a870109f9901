/* SPDX-License-Identifier: MIT */
/* The scene of system.h. Slots of init's CNode are numbered as abi/boot.h says, and then by enum place. */
#include "tests/host/replay/system.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/boot.h"

#define CORE (DIRECT_MAP_BASE + 0x1000)
#define CNODE (DIRECT_MAP_BASE + 0x10000)
#define CNODE_SIZE_BITS 6
#define RING 0x20000
#define PACKAGE 0x100000
#define RING_RECORDS 4096

enum place {
	UNTYPED = INIT_SLOT_UNTYPED,
	DEVICE,
	CHILD_UNTYPED = 40,
	CNODE2,
	THREAD2,
	THREAD3,
	ENDPOINT,
	ENDPOINT_BADGED,
	NOTIFICATION,
	NOTIFICATION_BADGED,
	REPLY,
	VSPACE2,
	TABLES2,
	REGION,
	REGION_PART,
	MAPPING,
	IRQ1,
	IRQ2,
	PORTS,
	DEVICE_REGION,
	FREE1,
	FREE2,
	FREE3,
};

static struct arena *arena;
static struct thread_core *caller; /* NULL: the kernel at boot */
static uint64_t mappings;          /* taken from the page of table memory in use */
static struct {
	union {
		struct commit_ring header;
		unsigned char page[COMMIT_RING_HEADER];
	};
	struct commit_record record[RING_RECORDS];
} ring;

static struct slot *init_slot(unsigned index)
{
	return (struct slot *)core_pointer(CNODE) + index;
}

static _Noreturn void refused(const char *what, enum error error)
{
	fprintf(stderr, "the scene cannot be played: %s gave error %u\n", what, (unsigned)error);
	exit(2);
}

/* Calls a method once; ERR_RESTART comes back. */
static enum error call_once(struct slot *target, enum method method, const uint64_t words[8], struct slot *cap0, struct slot *cap1,
			    bool *restarted)
{
	struct call call = {.caller = caller, .target = target, .words = words, .cap = {cap0, cap1}, .restarted = *restarted};
	enum error error = method_invoke(&call, method, cap1 ? 2 : cap0 ? 1 : 0);

	*restarted = *restarted || call.progress;
	return error;
}

/* Calls a method until it is done. */
static void call_method(const char *what, struct slot *target, enum method method, const uint64_t words[8], struct slot *cap0, struct slot *cap1)
{
	bool restarted = false;
	enum error error;

	do
		error = call_once(target, method, words, cap0, cap1, &restarted);
	while (error == ERR_RESTART);
	if (error)
		refused(what, error);
}
#define WORDS(...) ((const uint64_t[8]){__VA_ARGS__})
#define CALL(target, method, words, cap0, cap1) call_method(#method " " #target, init_slot(target), method, words, cap0, cap1)

/* Starts a call and abandons it after its first record, as a caller does that dies on the way. */
static void call_abandoned(unsigned target, enum method method, const uint64_t words[8])
{
	bool restarted = false;

	arena->single_step = true;
	if (call_once(init_slot(target), method, words, NULL, NULL, &restarted) != ERR_RESTART)
		refused("a call that should be abandoned", OK);
	arena->single_step = false;
}

static void record_write(enum commit_operation operation, uint16_t flags, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4)
{
	struct commit_record record = {.operation = (uint16_t)operation, .flags = flags, .argument = {a0, a1, a2, a3, a4}};

	if (commit(NULL, &record))
		refused("a record of the boot", ERR_RING_FULL);
}

static void make(enum object_type type, uint64_t size, unsigned slot, unsigned untyped)
{
	CALL(untyped, UNTYPED_RETYPE, WORDS(type, size, slot, 1), init_slot(INIT_SLOT_CNODE), NULL);
}

static void copy(unsigned from, unsigned to, uint64_t rights)
{
	CALL(INIT_SLOT_CNODE, CNODE_COPY, WORDS(to, from, rights), init_slot(INIT_SLOT_CNODE), NULL);
}

static void mint(unsigned from, unsigned to, uint64_t rights, uint64_t badge)
{
	CALL(INIT_SLOT_CNODE, CNODE_MINT, WORDS(to, from, rights, badge), init_slot(INIT_SLOT_CNODE), NULL);
}

static void bind(unsigned thread, enum thread_slot which, unsigned what)
{
	CALL(thread, THREAD_BIND, WORDS(which), init_slot(what), NULL);
}

/* Attaches a Region; the Mapping comes from the table memory in slot `tables`. */
static void attach(unsigned vspace, unsigned tables, unsigned region, unsigned slot, uint64_t rights)
{
	arena->mapping = DIRECT_MAP_BASE + init_slot(tables)->base + mappings * sizeof(struct mapping_core);
	arena->mapping_index = (uint16_t)++mappings;
	CALL(vspace, VSPACE_ATTACH_REGION, WORDS(slot, rights), init_slot(region), init_slot(INIT_SLOT_CNODE));
}

static void grant(unsigned slot, enum object_type type, uint64_t object, uint64_t size, uint64_t rights, uint16_t flags)
{
	record_write(COMMIT_GRANT, flags, CNODE + slot * SLOT_SIZE, type, object, size, rights);
}

static void play_genesis(void)
{
	core = core_pointer(CORE);
	commit_ring = &ring.header;
	ring.header = (struct commit_ring){.head = 1, .tail = 1, .capacity = RING_RECORDS};
	arena_mark_cnode(arena, CNODE, 1 << CNODE_SIZE_BITS);
	record_write(COMMIT_GENESIS, 0, CORE, CNODE, CNODE_SIZE_BITS, KOZO_ABI_VERSION, RING_RECORDS);
	record_write(COMMIT_MODULE, 0, 0x1111, 0x2222, 0x3333, 0x4444, 0x3000);
	grant(INIT_SLOT_IRQ_CONTROL, OBJECT_IRQ_CONTROL, 0, 0, RIGHTS_ALL, 0);
	grant(INIT_SLOT_CPU_CONTROL, OBJECT_CPU_CONTROL, 0, 0, RIGHTS_ALL, 0);
	grant(INIT_SLOT_LOG_CONTROL, OBJECT_LOG_CONTROL, 0, 0, RIGHTS_ALL, 0);
	grant(INIT_SLOT_IO_PORTS, OBJECT_IO_PORTS, 0, 0xffff0000, RIGHTS_ALL, 0);
	grant(INIT_SLOT_PACKAGE, OBJECT_REGION, PACKAGE, 0x3000, RIGHTS_ALL, 0);
	grant(INIT_SLOT_RING, OBJECT_REGION, RING, sizeof(ring), RIGHT_READ, 0);
	grant(UNTYPED, OBJECT_UNTYPED, SYSTEM_MEMORY_BASE, SYSTEM_MEMORY_SIZE, RIGHTS_ALL, 0);
	grant(DEVICE, OBJECT_UNTYPED, 0xf0000000, 0x10000000, RIGHTS_ALL, COMMIT_GRANT_DEVICE);
}

static void play_init(void)
{
	make(OBJECT_THREAD, 0, INIT_SLOT_THREAD, UNTYPED);
	make(OBJECT_VSPACE, 0, INIT_SLOT_VSPACE, UNTYPED);
	make(OBJECT_REGION, PAGE_SIZE, INIT_SLOT_MESSAGE, UNTYPED);
	CALL(INIT_SLOT_VSPACE, VSPACE_DONATE, WORDS(INIT_SLOT_TABLES, 8), init_slot(UNTYPED), init_slot(INIT_SLOT_CNODE));
	bind(INIT_SLOT_THREAD, THREAD_CNODE, INIT_SLOT_CNODE);
	bind(INIT_SLOT_THREAD, THREAD_VSPACE, INIT_SLOT_VSPACE);
	bind(INIT_SLOT_THREAD, THREAD_MESSAGE, INIT_SLOT_MESSAGE);
	record_write(COMMIT_PRIORITY, 0, init_slot(INIT_SLOT_THREAD)->object, INIT_PRIORITY, INIT_PRIORITY, 0, 0);
	mint(INIT_SLOT_PACKAGE, 17, RIGHT_READ | RIGHT_EXECUTE, 1 | (uint64_t)2 << 32);
	attach(INIT_SLOT_VSPACE, INIT_SLOT_TABLES, 17, 16, RIGHT_READ | RIGHT_EXECUTE);
	attach(INIT_SLOT_VSPACE, INIT_SLOT_TABLES, INIT_SLOT_MESSAGE, 18, RIGHT_READ | RIGHT_WRITE);
	caller = core_pointer(init_slot(INIT_SLOT_THREAD)->object);
}

/* One object of each type, and every way of copying. */
static void play_objects(void)
{
	make(OBJECT_UNTYPED, 0x200000, CHILD_UNTYPED, UNTYPED);
	make(OBJECT_CNODE, 4, CNODE2, UNTYPED);
	make(OBJECT_THREAD, 0, THREAD2, UNTYPED);
	make(OBJECT_THREAD, 0, THREAD3, CHILD_UNTYPED);
	make(OBJECT_ENDPOINT, 0, ENDPOINT, UNTYPED);
	make(OBJECT_NOTIFICATION, 0, NOTIFICATION, UNTYPED);
	make(OBJECT_REPLY, 0, REPLY, UNTYPED);
	make(OBJECT_VSPACE, 0, VSPACE2, CHILD_UNTYPED);
	make(OBJECT_REGION, 8 * PAGE_SIZE, REGION, UNTYPED);
	make(OBJECT_IRQ_HANDLER, 0, IRQ1, UNTYPED);
	make(OBJECT_IRQ_HANDLER, 0, IRQ2, UNTYPED);
	make(OBJECT_REGION, 2 * PAGE_SIZE, DEVICE_REGION, DEVICE);
	CALL(VSPACE2, VSPACE_DONATE, WORDS(TABLES2, 4), init_slot(CHILD_UNTYPED), init_slot(INIT_SLOT_CNODE));
	mint(ENDPOINT, ENDPOINT_BADGED, RIGHTS_ALL, 0x77);
	mint(NOTIFICATION, NOTIFICATION_BADGED, RIGHT_READ | RIGHT_WRITE, 4);
	mint(REGION, REGION_PART, RIGHT_READ | RIGHT_WRITE, 2 | (uint64_t)3 << 32);
	mint(INIT_SLOT_IO_PORTS, PORTS, RIGHTS_ALL, 0x3f8 | 0x3ff << 16);
	attach(VSPACE2, TABLES2, REGION_PART, MAPPING, RIGHT_READ | RIGHT_WRITE);
	mappings += 2; /* the kernel need not take them in order */
	attach(VSPACE2, TABLES2, DEVICE_REGION, FREE1, RIGHT_READ);
}

static void play_bindings(void)
{
	bind(THREAD3, THREAD_CNODE, CNODE2);
	bind(THREAD3, THREAD_VSPACE, VSPACE2);
	bind(THREAD3, THREAD_MESSAGE, REGION_PART);
	bind(THREAD3, THREAD_NOTIFICATION, NOTIFICATION_BADGED);
	bind(THREAD2, THREAD_FAULT, ENDPOINT);
	bind(THREAD2, THREAD_PERSONALITY, ENDPOINT_BADGED);
	CALL(THREAD3, THREAD_SET_PRIORITY, WORDS(7, 9), NULL, NULL);
	CALL(INIT_SLOT_IRQ_CONTROL, IRQ_CONTROL_ATTACH_HANDLER, WORDS(4, IRQ_LEVEL), init_slot(IRQ1), NULL);
	CALL(INIT_SLOT_IRQ_CONTROL, IRQ_CONTROL_ATTACH_HANDLER, WORDS(IRQ_LINE_MSI), init_slot(IRQ2), NULL);
	CALL(IRQ1, IRQ_HANDLER_BIND, WORDS(0), init_slot(NOTIFICATION_BADGED), NULL);
	CALL(INIT_SLOT_LOG_CONTROL, LOG_CONTROL_BIND, WORDS(0), init_slot(NOTIFICATION), NULL);
}

/* Another Thread asks for things with what it was given, and sends a capability. */
static void play_second_subject(void)
{
	struct slot *own = core_pointer(init_slot(CNODE2)->object);
	struct slot *init = init_slot(INIT_SLOT_CNODE);
	struct copy_change by_message = {.flags = COMMIT_COPY_IPC};

	CALL(CNODE2, CNODE_COPY, WORDS(1, CNODE2, RIGHTS_ALL), init, NULL);
	CALL(CNODE2, CNODE_COPY, WORDS(2, ENDPOINT, RIGHT_READ | RIGHT_WRITE | RIGHT_GRANT), init, NULL);
	CALL(CNODE2, CNODE_MOVE, WORDS(3, CHILD_UNTYPED), init, NULL);
	caller = core_pointer(init_slot(THREAD3)->object);
	call_method("retype by another", &own[3], UNTYPED_RETYPE, WORDS(OBJECT_NOTIFICATION, 0, 4, 3), &own[1], NULL);
	call_method("copy by another", &own[1], CNODE_MINT, WORDS(8, 4, RIGHT_READ, 5), &own[1], NULL);
	if (slot_copy(caller, &own[2], init_slot(FREE2), RIGHTS_ALL, &by_message))
		refused("a transfer", OK);
	call_method("delete by another", &own[1], CNODE_DELETE, WORDS(5), NULL, NULL);
	caller = core_pointer(init_slot(INIT_SLOT_THREAD)->object);
}

/* A caller that deletes what it lives from: its Untyped, with its Thread and its VSpace, interrupted after each record. */
static void play_suicide(void)
{
	struct slot *own = core_pointer(init_slot(CNODE2)->object);
	bool restarted = false;

	caller = core_pointer(init_slot(THREAD3)->object);
	arena->single_step = true;
	while (call_once(&own[3], UNTYPED_RECLAIM, WORDS(0), NULL, NULL, &restarted) == ERR_RESTART)
		;
	arena->single_step = false;
	caller = core_pointer(init_slot(INIT_SLOT_THREAD)->object);
}

static void play_teardown(void)
{
	for (unsigned i = 0; i < 3; i++)
		copy(ENDPOINT, 21 + i, RIGHTS_ALL >> i);
	copy(23, 24, RIGHT_READ);
	CALL(INIT_SLOT_CNODE, CNODE_REVOKE, WORDS(ENDPOINT), NULL, NULL);
	CALL(THREAD2, THREAD_UNBIND, WORDS(THREAD_CNODE), NULL, NULL);
	CALL(IRQ1, IRQ_HANDLER_UNBIND, WORDS(0), NULL, NULL);
	CALL(INIT_SLOT_LOG_CONTROL, LOG_CONTROL_UNBIND, WORDS(0), NULL, NULL);
	CALL(INIT_SLOT_CNODE, CNODE_DELETE, WORDS(IRQ2), NULL, NULL);
	/* Two of the records of a long deletion are written by nobody: the kernel itself goes on. */
	make(OBJECT_CNODE, 8, FREE3, UNTYPED);
	for (unsigned i = 0; i < 30; i++)
		CALL(FREE3, CNODE_COPY, WORDS(8 * i, NOTIFICATION, RIGHT_READ), init_slot(INIT_SLOT_CNODE), NULL);
	call_abandoned(INIT_SLOT_CNODE, CNODE_DELETE, WORDS(FREE3));
	arena->single_step = true;
	while (teardown_continue() && core->dying)
		;
	arena->single_step = false;
}

/* Everything that was made is there again, and some of it about to go when the scene ends. */
static void play_end(void)
{
	make(OBJECT_UNTYPED, 0x100000, CHILD_UNTYPED, UNTYPED);
	make(OBJECT_THREAD, 0, THREAD3, CHILD_UNTYPED);
	make(OBJECT_VSPACE, 0, VSPACE2, CHILD_UNTYPED);
	CALL(VSPACE2, VSPACE_DONATE, WORDS(TABLES2, 4), init_slot(CHILD_UNTYPED), init_slot(INIT_SLOT_CNODE));
	mappings = 0;
	attach(VSPACE2, TABLES2, REGION_PART, MAPPING, RIGHT_READ | RIGHT_WRITE);
	attach(VSPACE2, TABLES2, REGION, IRQ2, RIGHT_READ);
	bind(THREAD3, THREAD_CNODE, CNODE2);
	bind(THREAD3, THREAD_NOTIFICATION, NOTIFICATION_BADGED);
	mint(ENDPOINT, ENDPOINT_BADGED, RIGHTS_ALL, 0x78);
	bind(THREAD3, THREAD_PERSONALITY, ENDPOINT_BADGED);
	CALL(IRQ1, IRQ_HANDLER_BIND, WORDS(0), init_slot(NOTIFICATION_BADGED), NULL);
	CALL(INIT_SLOT_LOG_CONTROL, LOG_CONTROL_BIND, WORDS(0), init_slot(NOTIFICATION), NULL);
	make(OBJECT_CNODE, 8, FREE3, UNTYPED);
	for (unsigned i = 0; i < 30; i++)
		CALL(FREE3, CNODE_COPY, WORDS(8 * i, NOTIFICATION, RIGHT_READ), init_slot(INIT_SLOT_CNODE), NULL);
	call_abandoned(INIT_SLOT_CNODE, CNODE_DELETE, WORDS(FREE3));
}

struct records system_play(struct arena *on)
{
	struct records records;

	arena = on;
	caller = NULL;
	mappings = 0;
	arena_use(arena);
	play_genesis();
	play_init();
	play_objects();
	play_bindings();
	play_second_subject();
	play_suicide();
	play_teardown();
	play_end();
	records.count = ring.header.head - 1;
	records.record = malloc(records.count * sizeof(*records.record));
	if (!records.record)
		refused("memory for the log", OK);
	memcpy(records.record, &ring.record[1], records.count * sizeof(*records.record));
	memcpy(core_pointer(DIRECT_MAP_BASE + RING), &ring, sizeof(ring));
	return records;
}
