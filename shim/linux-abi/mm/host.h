/* SPDX-License-Identifier: MIT */
/*
 * What the kernel has of a Linux process: an address space with its Mappings, and Threads. Both come from pools and go back there: a fork, an exec and an exit change no authority when the pools have what
 * they need.
 *
 * A host thread and a host space are made as a pair, with the thread bound to the space; a thread that is to run in another space (clone with CLONE_VM) is bound anew.
 */
#pragma once

#include "lib/call.h"
#include "mm/frames.h"

struct host_space {
	handle_t vspace;
	uint16_t mappings[CHUNKS_MAX]; /* handles: of each chunk that it has had a frame of; 0: not attached */
	struct host_space *next;       /* in the pool */
	uint32_t idle;                 /* threads in the pool that are bound to it */
};

struct host_thread {
	handle_t thread;
	uint32_t badge; /* of its messages */
	struct host_space *bound;
	uint8_t priority;         /* that the kernel knows */
	bool stopped;             /* by host_thread_stop(), and not run since: nothing but host_thread_run() ends that */
	void *owner;              /* whoever took it: the task */
	struct host_thread *next; /* in the pool */
};

#define HOST_THREADS_MAX 2048

/* The priority of Linux threads, which take turns; and those that are above it, for threads that go before others (process/real_time.h). The personality's own is higher, and so is every service's (rootfs/system.manifest). */
#define HOST_PRIORITY 10
#define HOST_PRIORITY_FIRST 11
#define HOST_PRIORITY_MOST 29

/* The endpoint at which all messages arrive. Made once at the start. */
bool host_start(handle_t untyped);
extern handle_t host_endpoint;

/* From now on what is made is made for programs: it is refused while the log can take no records (lib/authority.h). Before, it is what this instance needs to begin. */
void host_serve(void);

/* Whether a kernel object may be made or bound now. */
bool host_may_change(void);

/* A thread, suspended, in a space of its own that is empty; a null pointer when there is no memory, or when the log can take no records and the pools are empty. So with all that follow. */
struct host_thread *host_pair_take(void);

/* A thread, suspended, in a given space. */
struct host_thread *host_thread_take(struct host_space *space);

/* Stops the thread, takes back whatever message of it is under way, and puts it into the pool. */
void host_thread_return(struct host_thread *thread);

/* The thread whose messages have that badge, if it belongs to somebody; else a null pointer. */
extern struct host_thread host_threads[HOST_THREADS_MAX]; /* by badge, from 1 on */
extern uint32_t host_threads_made;
static inline struct host_thread *host_thread_of(uint64_t badge)
{
	struct host_thread *thread = &host_threads[badge - 1];

	return badge - 1 < host_threads_made && thread->owner ? thread : NULL;
}

/*
 * Registers and FPU state of a thread that is stopped or waits for an answer. Writing registers also ends that wait: the Reply that held it is free, and a thread that is not stopped goes on with them. The FPU state is as XSAVE
 * writes it, of host_fpu_bytes bytes; both are exchanged with thread_self()->page (struct thread_image), where the next kernel call with capabilities or batches overwrites them.
 */
struct thread_image *host_thread_read(struct host_thread *thread, uint64_t parts);
bool host_thread_write(struct host_thread *thread, uint64_t parts);
void host_thread_run(struct host_thread *thread);
void host_thread_stop(struct host_thread *thread);
extern uint64_t host_fpu_bytes;

/* The message page as these see it. */
struct thread_image *thread_self_image(void);

/* Gives a thread one of these priorities. A change is a record in the log of authority: only where host_may_change(). */
void host_thread_prioritize(struct host_thread *thread, uint8_t priority);

/* Puts the FPU state of a program that begins into the message page. */
void host_fpu_initial(void);

/* Puts a space from which everything has been unmapped into the pool. */
void host_space_return(struct host_space *space);

/* A space: for which a thread waits in the pool, if there is one; or alone, for who has a thread, which shared another one's until an exec; and moving a thread there. */
struct host_space *host_space_take(bool alone);
MUST_USE enum error host_thread_move(struct host_thread *thread, struct host_space *space);

/* A batch of changes of a space's page tables: of one kind, of pages of one chunk. One is under way at a time; what is in it happens at the latest at host_flush(). */
enum host_change { HOST_MAP, HOST_PROTECT, HOST_UNMAP };
extern struct host_batch {
	struct host_space *space;
	enum host_change change;
	uint32_t chunk;
	uint64_t count;
	struct map_entry entry[MAP_BATCH_MAX];
} host_batch;

/* Carries the batch out and begins another one. */
void host_batch_begin(struct host_space *space, enum host_change change, uint32_t chunk);

/* One page more; nothing without a space. */
static inline void host_page(struct host_space *space, enum host_change change, uint64_t address, frame_t frame, uint64_t rights)
{
	uint32_t chunk = frame / CHUNK_FRAMES;

	if (!space)
		return;
	if (host_batch.space != space || host_batch.change != change || host_batch.chunk != chunk || host_batch.count == MAP_BATCH_MAX)
		host_batch_begin(space, change, chunk);
	host_batch.entry[host_batch.count++] = (struct map_entry){address | rights, frame % CHUNK_FRAMES};
}

/* Carries out what is left of the batch. ERR_NOMEM: there is no memory for page tables; the pages that were not mapped fault again. */
enum error host_flush(void);

/* Threads and spaces that belong to somebody, and all that have been made. */
struct host_census {
	uint32_t threads, threads_made, spaces, spaces_made;
};
struct host_census host_census(void);

/* Lets other threads of the same priority run first. */
void host_thread_yield(struct host_thread *thread);
