/* SPDX-License-Identifier: MIT */
/*
 * The capability state machine: slots, the derivation tree, objects as far as authority is concerned, and the one function that changes them.
 *
 * This directory is pure. It knows no machine: what a change means for queues, page tables or interrupts is told to the hooks of hooks.h, which return nothing that a
 * change depends on. It compiles unchanged for the host, where `tools/replay` and the tests link it; there a reference is
 * translated into an arena instead of being a kernel address (live/reference.h, host/reference.h).
 *
 * State changes only in apply() (apply.c), from a commit record that commit() put into the ring. Decoders (untyped.c, cnode.c, bind.c, vspace.c,
 * teardown.c) check everything first and change nothing; two things are deliberately outside capability state and so outside the digest: how much of an Untyped is already
 * cleared, and the tail of the ring.
 *
 * Protection: everything here is under the kernel lock.
 */
#pragma once

#include "abi/abi.h"

#define must_check __attribute__((warn_unused_result))

/* Reference to a slot or object: DIRECT_MAP_BASE + physical address, the same number live and in a replay. 0 is none. */
typedef uint64_t ref_t;

#include <reference.h>

/* Not errors of the interface: the system call is to be executed again, after interrupts were taken or when the ring has room. */
#define ERR_RESTART ((enum error)0x100)
#define ERR_RING_FULL ((enum error)0x101)

/* Where a slot lies; set when its container is made and kept while it is empty. */
enum slot_place {
	PLACE_CNODE = 0,
	PLACE_THREAD = 1, /* + enum thread_slot */
	PLACE_IRQ = PLACE_THREAD + THREAD_SLOTS,
	PLACE_LOG,
};

#define SLOT_ORIGINAL 0x01 /* the capability with which the object lives and dies */
#define SLOT_DEVICE 0x02   /* Untyped, Region: not ordinary memory */
#define SLOT_PLACE_SHIFT 4

/*
 * One capability, and its place in the derivation tree: `child` is the first of its children, which are doubly linked. The `prev` of a first child
 * is its parent's reference with bit 0 set, so that a slot can be moved in constant time however many children it has.
 *
 * States: empty (type and remains are NULL) -> live (type) -> dying (type NULL, remains tells what it was; out of the tree, linked by `next` in
 * core->dying) -> empty. Whoever looks at `type` can use a dying slot for nothing.
 */
struct slot {
	uint8_t type;    /* enum object_type */
	uint8_t remains; /* the type of a dying slot */
	uint8_t rights;
	uint8_t flags;   /* SLOT_* | enum slot_place << SLOT_PLACE_SHIFT */
	uint32_t cursor; /* dying CNode: the next index to look at */
	ref_t object;    /* the object; the physical base address of Untyped and Region; the VSpace of TableMemory */
	union {
		uint64_t badge;     /* Endpoint, Notification */
		uint64_t watermark; /* Untyped: bytes in use */
		uint64_t base;      /* TableMemory: physical base */
	};
	union {
		uint64_t size;  /* Untyped, Region, TableMemory: bytes */
		uint64_t mask;  /* CNode: slots - 1 */
		uint64_t ports; /* IoPorts: first | last << 16 */
	};
	union {
		uint64_t cleared;    /* Untyped: the memory from the watermark up to here is zero; not capability state */
		ref_t next_donation; /* TableMemory: the next one of its VSpace */
	};
	ref_t child, next, prev;
};
_Static_assert(sizeof(struct slot) == SLOT_SIZE, "the slot size is an ABI constant");

/* The authority part of each object; the rest of its memory belongs to the machine (kernel/thread.h, kernel/ipc.h, arch). */
struct thread_core {
	struct slot slot[THREAD_SLOTS];
	uint8_t priority;
	uint8_t priority_max; /* the highest that it may give */
	uint8_t foreign;      /* a personality was bound once: no kernel call any more */
};

struct notification_core {
	ref_t bound; /* Thread */
};

struct vspace_core {
	ref_t slot;     /* its original capability; 0 once destroyed */
	ref_t mappings; /* live Mappings, linked through mapping_core.next */
	ref_t donations; /* its TableMemory, linked through slot.next_donation */
};

struct mapping_core {
	ref_t slot; /* its original capability */
	ref_t vspace;
	ref_t next, prev;
	paddr_t base;   /* of the Region */
	uint32_t pages; /* of the Region */
	uint16_t index; /* in the VSpace, from 1 */
	uint8_t rights; /* that the attachment allows: READ, WRITE, EXECUTE */
	uint8_t device;
	uint64_t live; /* pages mapped (machine) */
	ref_t limbo;   /* next in the machine's limbo list (machine) */
};
_Static_assert(sizeof(struct mapping_core) == 64, "64 Mappings a page of table memory");

struct irq_core {
	struct slot notification;
	uint16_t vector; /* 0: not attached */
	uint16_t line;
	uint16_t flags;
};
_Static_assert(offsetof(struct thread_core, slot) == 0 && offsetof(struct irq_core, notification) == 0, "an object begins with its slots");
_Static_assert(sizeof(struct irq_core) <= 128, "the IrqHandler's size is an ABI constant");

#define VECTORS 256

/* Everything that is not in an object. Lies at the start of a page that genesis names. */
struct core {
	uint64_t abi_version;
	ref_t dying;          /* head of the list of dying slots */
	struct slot root;     /* parent of what genesis made */
	struct slot log;      /* LOG_CONTROL's Notification */
	ref_t vector[VECTORS]; /* the IrqHandler at each vector */
};
_Static_assert(sizeof(struct core) <= PAGE_SIZE, "the core is one page");

extern struct core *core;
extern struct commit_ring *commit_ring;

#define METHOD_CAPS_MAX 2

/* One method call, while it is decoded. */
struct call {
	uint32_t label; /* enum method */
	struct thread_core *caller; /* NULL: the kernel itself (orphaned teardown) */
	struct slot *target;        /* the invoked capability */
	const uint64_t *words;      /* message words 0..7 */
	struct slot *cap[METHOD_CAPS_MAX]; /* capability arguments */
	struct slot *slot;          /* that word 0 names; where a new capability is to appear, it is empty */
	uint64_t result[4];
	unsigned results;
	bool restarted; /* this is the re-execution of a call that had begun to act */
	bool progress;  /* it has begun to act: a restart must say so */
};

/* The slot at `index` of the CNode that `cnode` names, whatever it holds; NULL when `cnode` is no CNode or the index is beyond it. */
static inline struct slot *slot_at(const struct slot *cnode, uint64_t index)
{
	if (cnode->type != OBJECT_CNODE || index > cnode->mask)
		return NULL;
	return (struct slot *)core_pointer(cnode->object) + index;
}

/* The live capability behind a handle of a thread; NULL when there is none. */
static inline struct slot *capability_at(const struct thread_core *thread, handle_t handle)
{
	struct slot *slot = slot_at(&thread->slot[THREAD_CNODE], handle);

	return slot && slot->type != OBJECT_NULL ? slot : NULL;
}

static inline bool slot_is_empty(const struct slot *slot)
{
	return slot->type == OBJECT_NULL && slot->remains == OBJECT_NULL;
}

static inline enum slot_place slot_place(const struct slot *slot)
{
	return (enum slot_place)(slot->flags >> SLOT_PLACE_SHIFT);
}

/* The Thread in which a slot with a thread place lies. */
static inline struct thread_core *slot_thread(const struct slot *slot)
{
	return (struct thread_core *)(slot - (slot_place(slot) - PLACE_THREAD));
}

/* commit.c: the ring. */

/* Room for `count` records of `caller` (NULL: the kernel itself). The reserve is for callers of the highest priority. */
bool commit_room(const struct thread_core *caller, uint64_t count);

/*
 * Write `draft` into the ring as a record of `caller` (sequence and subject are filled in), apply it and publish it. ERR_RING_FULL: nothing happened, the caller has to
 * wait for room.
 */
must_check enum error commit(const struct thread_core *caller, const struct commit_record *draft);

/* apply.c: the only code that changes capability state. Reads the record and the capability state, nothing else, and cannot fail. */
void apply(const struct commit_record *record);

/* teardown.c */

#define TEARDOWN_BATCH 24 /* steps in one record: together below 10,000 instructions */

/* Do one bounded piece of what a dead caller left on the dying or limbo list. Returns false when there is nothing to do, or no room in the ring. */
bool teardown_continue(void);

/* untyped.c */

/*
 * Place `bytes` with `align` (a power of two) above the watermark of an Untyped and, with `clear`, clear ordinary memory up to there; *end is the watermark that would follow.
 * ERR_NOMEM; ERR_RESTART when an interrupt is pending.
 */
must_check enum error untyped_reserve(struct slot *untyped, uint64_t bytes, uint64_t align, bool clear, uint64_t *end);

/* What a copy has besides the rights: COMMIT_COPY_* flags, and the badge, or the base and size, that they announce. */
struct copy_change {
	uint16_t flags;
	uint64_t badge, range;
};

/* cnode.c: copy a capability, with at most these rights. ERR_TYPE when the type cannot be copied. */
must_check enum error slot_copy(const struct thread_core *caller, const struct slot *source, const struct slot *destination, uint64_t rights,
				const struct copy_change *change);

/* The decoders, by method (abi/methods.def). gate.c has checked what its tables say. */
#define METHOD(type, name, number, rights, caps, takes, takes_rights, function, sentence) must_check enum error function(struct call *call);
#include "abi/methods.def"

/* gate.c: find method `label` of the target's type, check rights and capability count, and decode. */
must_check enum error method_invoke(struct call *call, uint32_t label, unsigned caps);

/* A refused operation says in one sentence what was wrong (debug builds). */
#ifdef DEBUG
#define refuse(error, sentence) (hook_refused(error, sentence), error)
#else
#define refuse(error, sentence) (error)
#endif

#include "kernel/core/hooks.h"
