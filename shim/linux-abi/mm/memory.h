/* SPDX-License-Identifier: MIT */
/*
 * The memory of a Linux process: its areas, its pages, and the host space in which they are mapped.
 *
 * A page that is there has an entry: the frame, and what the kernel was told of it. Pages appear at a fault (memory_fault), of the process or of the shim itself when it copies for a system call. A page of a private
 * area whose frame has other users is read-only in the host, and is copied at the first store.
 *
 * Functions that may wait do so in object_page() only. Whoever holds a pointer to an area over such a call must look it up anew.
 */
#pragma once

#include "mm/area.h"
#include "mm/host.h"
#include "mm/radix.h"

#define MEMORY_LOWEST 0x10000            /* vm.mmap_min_addr */
#define MEMORY_TOP 0x7ffffffff000        /* the first address that is nobody's */
#define STACK_GAP (256 * PAGE_SIZE)      /* kept free below a stack that grows */

#define AUXILIARY_PAIRS 20

enum entry_bits {
	ENTRY_WRITE = 1,   /* mapped writable in the host */
	ENTRY_EXECUTE = 2, /* mapped executable in the host */
	ENTRY_MAPPED = 4,  /* mapped in the host at all: not where no access is allowed */
};

struct memory {
	uint64_t users; /* processes that share it, and who looks at it from outside */
	uint64_t number; /* no other memory has ever had it */
	int32_t process; /* for which it was made */
	struct host_space *space;
	struct object *program; /* that is executed in it (object_execute()); null: none */
	struct areas areas;
	struct radix pages; /* frame << 12 | ENTRY_*, by page of the address */
	uint64_t resident;  /* pages that are there */
	uint64_t pages_mapped; /* of all areas */
	uint64_t pages_data;   /* of private writable areas */
	uint64_t pages_locked;
	bool locks_new;    /* what is mapped from now on is locked: mlockall(MCL_FUTURE); */
	bool locks_touched; /* and that is not brought in, but stays once it is there: MCL_ONFAULT */
	uint64_t code_start, code_end, data_start, data_end;
	uint64_t brk_start, brk;
	uint64_t stack_start;
	uint64_t argument_start, argument_end, environment_start, environment_end;
	uint64_t map_top;  /* mmap looks for room below this */
	struct {
		uint64_t key, value;
	} auxiliary[AUXILIARY_PAIRS]; /* as the program got it; the last one is AT_NULL */
	uint64_t stack_limit; /* RLIMIT_STACK in bytes, as it was at the exec */
	uint64_t size_limit;  /* RLIMIT_AS in bytes */
	uint64_t data_limit;  /* RLIMIT_DATA */
	uint64_t locked_limit;
	uint64_t faults_minor, faults_major;
	uint64_t resident_most;
	uint32_t barriers; /* MEMBARRIER_CMD_REGISTER_* that it has asked for (process/barrier.c) */
};

/* An empty memory with one user; a null pointer when there is none left. */
struct memory *memory_make(void);

/* The same without a host space: nothing is mapped anywhere before memory_take_host(). */
struct memory *memory_make_apart(void);

/*
 * Gives a memory that was made apart a host space, and moves a stopped thread there: that of `old`, from which all is unmapped, when nobody else uses it, else a new one. False when there is no memory for that.
 */
bool memory_take_host(struct memory *memory, struct memory *old, struct host_thread *thread);

/* A copy: private pages are shared until one side stores into them. */
struct memory *memory_copy(struct memory *parent);

/* The memory with a number, not held; a null pointer when it is no more. */
struct memory *memory_find_number(uint64_t number);

void memory_hold(struct memory *memory);
void memory_release(struct memory *memory);

enum fault_result {
	FAULT_DONE = 0,
	FAULT_NO_AREA,  /* SIGSEGV, SEGV_MAPERR */
	FAULT_DENIED,   /* SIGSEGV, SEGV_ACCERR */
	FAULT_NO_PAGE,  /* SIGBUS, BUS_ADRERR: behind the end of a file, or it cannot be read */
	FAULT_NO_MEMORY,
};

/* Makes the page at an address usable for `access` (AREA_*), and tells its frame, not held, unless `frame` is null. May wait. */
enum fault_result memory_fault(struct memory *memory, uint64_t address, uint32_t access, frame_t *frame);

/* The same by force, for who may change the process (ptrace(2)): also where the protection forbids it, unless others would see the store. The process gets no access that it does not have. */
enum fault_result memory_force(struct memory *memory, uint64_t address, bool store, frame_t *frame);

/*
 * memory_fault() for all pages of [address, address + bytes), whole pages, with `access` 0 for stores where a private area allows them, else for loads. The host is told in batches. What cannot be had is left to a fault, and the first such result is the
 * function's. Ends where no area is, and when there is no memory. May wait.
 */
enum fault_result memory_populate(struct memory *memory, uint64_t address, uint64_t bytes, uint32_t access, const bool *dying);

/* Maps: [address, address + bytes) must be free. 0 or -ENOMEM. */
int memory_map(struct memory *memory, uint64_t address, uint64_t bytes, uint32_t flags, struct object *object, uint64_t first);

/* Unmaps whatever is there. 0 or -ENOMEM. */
int memory_unmap(struct memory *memory, uint64_t address, uint64_t bytes);

/* Changes the protection. -ENOMEM where nothing is mapped, -EACCES where it may not be; what comes before is changed. */
int memory_protect(struct memory *memory, uint64_t address, uint64_t bytes, uint32_t protection);

/* Takes pages away and keeps the areas: they are as never touched. */
void memory_discard(struct memory *memory, uint64_t address, uint64_t bytes);

/* Moves pages and area of [from, from + bytes) to a free place. 0 or -ENOMEM. */
int memory_move(struct memory *memory, uint64_t from, uint64_t to, uint64_t bytes);

/* Room for `bytes`, from the top downwards; 0 when there is none. */
uint64_t memory_room(const struct memory *memory, uint64_t bytes);

/* Whether nothing is mapped there. */
bool memory_is_free(const struct memory *memory, uint64_t address, uint64_t bytes);

/* Whether every page of a range is in an area. */
bool memory_is_mapped(const struct memory *memory, uint64_t address, uint64_t end);

/* Sets and clears flags of all areas in a range, which are split at its ends. 0 or -ENOMEM. */
int memory_mark(struct memory *memory, uint64_t address, uint64_t end, uint32_t set, uint32_t clear);

/* Pages in a range that are locked. */
uint64_t memory_locked(const struct memory *memory, uint64_t address, uint64_t end);

/* Takes the pages of an object [first, end) out of everybody's memory, or makes them read-only: for truncation and write-back. Walks all memories. */
void memories_forget(struct object *object, uint64_t first, uint64_t end);
void memories_write_protect(struct object *object, uint64_t first, uint64_t end);

/* Makes a hole of the pages [first, end) of an object: who shows them finds zeros. Private copies stay. */
void memories_clear(struct object *object, uint64_t first, uint64_t end);

/* Whether somebody has an object mapped so that he may store into it. */
bool memories_store(const struct object *object);
