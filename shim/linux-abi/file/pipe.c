/* SPDX-License-Identifier: MIT */
/* Pipes (file/pipe.h). Between a look at the ring and what is done with it nothing waits: pages of the process that may have to be fetched are fetched before. */
#include "file/pipe.h"

#include "file/blocking.h"
#include "file/limits.h"
#include "file/node.h"
#include "lib/string.h"
#include "mm/slab.h"
#include "process/handlers.h"
#include "process/permission.h"

#define PAGES_FIRST 16

#define PAGES_LEAST 2 /* of a new pipe of who has too many */

int64_t pipe_bytes_most = RING_PAGES_MAX * PAGE_SIZE;
int64_t pipe_user_pages_soft = 16384, pipe_user_pages_hard;
#define EVENTS_READ (LINUX_POLLIN | LINUX_POLLRDNORM)
#define EVENTS_WRITE (LINUX_POLLOUT | LINUX_POLLWRNORM)

static struct slab pipes = SLAB(struct pipe);
static struct pipe *pipes_made;

static void pipe_return(struct pipe *pipe)
{
	*pipe->at = pipe->next;
	if (pipe->next)
		pipe->next->at = pipe->at;
	slab_return(&pipes, pipe);
}

void pipe_told_bytes(struct pipe *pipe)
{
	if (pipe->queue.first)
		queue_wake(&pipe->queue, EVENTS_READ);
}

void pipe_told_room(struct pipe *pipe)
{
	if (pipe->queue.first)
		queue_wake(&pipe->queue, EVENTS_WRITE);
}

uint64_t pipe_room(const struct pipe *pipe)
{
	return (pipe->ring.pages - pipe->packets.packets) * (uint64_t)PAGE_SIZE - (ring_count(&pipe->ring) - pipe->packets.packet_bytes);
}

uint64_t pipe_put(struct pipe *pipe, const void *from, uint64_t bytes, bool packet)
{
	uint64_t before = ring_count(&pipe->ring), room = pipe_room(pipe), put;

	if (packet && !packets_provide(&pipe->packets))
		return 0;
	put = ring_put(&pipe->ring, from, packet || bytes < room ? bytes : room);
	if (put)
		packets_put(&pipe->packets, before, put, packet);
	return put;
}

void pipe_drop(struct pipe *pipe, uint64_t bytes)
{
	ring_drop(&pipe->ring, bytes);
	packets_drop(&pipe->packets, bytes);
}

int pipe_wait_bytes(struct task *task, struct pipe *pipe, bool nonblocking)
{
	while (!ring_count(&pipe->ring) || pipe->held) {
		int error = !pipe->writers && !pipe->held ? 0 : nonblocking ? -EAGAIN : 1;

		if (error != 1)
			return error;
		error = queue_wait(&pipe->queue, task, EVENTS_READ, NEVER);
		if (error)
			return error;
	}
	return 1;
}

int pipe_wait_room(struct task *task, struct pipe *pipe, uint64_t room, bool nonblocking)
{
	for (;;) {
		int error;

		if (!pipe->readers) {
			task_signal(task, LINUX_SIGPIPE);
			return -EPIPE;
		}
		if (pipe_room(pipe) >= room)
			return 1;
		if (nonblocking)
			return -EAGAIN;
		error = queue_wait(&pipe->queue, task, EVENTS_WRITE, NEVER);
		if (error)
			return error;
	}
}

static bool is_nonblocking(const struct description *description)
{
	return description->flags & LINUX_O_NONBLOCK;
}

/* Moves the packet that is the next, or what of it there is room for; the rest is gone. When the process's memory is not there it stays. */
static int64_t packet_take(struct pipe *pipe, struct transfer *transfer, uint64_t bytes)
{
	unsigned char packet[PACKET_BYTES_MAX];
	uint64_t count = ring_look(&pipe->ring, 0, packet, bytes < transfer->left ? bytes : transfer->left);
	int64_t done;

	pipe->held = true; /* to copy may wait */
	done = transfer_put(transfer, packet, count);
	if (done == (int64_t)count)
		pipe_drop(pipe, bytes);
	pipe->held = false;
	pipe_told_bytes(pipe);
	return done == (int64_t)count ? done : -EFAULT;
}

/* Moves plain bytes that are next: as many as there is room for in a page of the process. 0 when another reader was faster. */
static int64_t page_take(struct pipe *pipe, struct transfer *transfer)
{
	struct user_page page;
	struct segment next;
	int error = transfer_page_begin(transfer, transfer->left, true, &page);
	uint64_t count;

	if (error)
		return error;
	next = packets_look(&pipe->packets, 0, page.count);
	count = pipe->held || next.packet ? 0 : ring_look(&pipe->ring, 0, page.bytes, next.bytes);
	pipe_drop(pipe, count);
	transfer_page_end(&page);
	transfer_advance(transfer, count);
	return (int64_t)count;
}

/* Moves what is there to the process, up to the end of a packet. */
static int64_t bytes_take(struct pipe *pipe, struct transfer *transfer)
{
	struct segment next = {0};
	int64_t done = 0;

	while (transfer->left && ring_count(&pipe->ring) && !pipe->held && !next.packet) {
		int64_t count;

		next = packets_look(&pipe->packets, 0, PACKET_BYTES_MAX);
		count = next.packet ? packet_take(pipe, transfer, next.bytes) : page_take(pipe, transfer);
		if (count < 0)
			return done ? done : count;
		done += count;
	}
	return done;
}

int64_t pipe_take(struct task *task, struct pipe *pipe, struct transfer *transfer, bool nonblocking)
{
	int64_t done = 0;

	while (transfer->left && !done) { /* another reader may have been faster */
		int there = pipe_wait_bytes(task, pipe, nonblocking);

		if (there <= 0)
			return there;
		done = bytes_take(pipe, transfer);
	}
	if (done > 0)
		pipe_told_room(pipe);
	return done;
}

static int64_t pipe_read(struct task *task, struct description *description, struct transfer *transfer, uint64_t *offset)
{
	(void)offset;
	return pipe_take(task, description->data, transfer, is_nonblocking(description));
}

/* A write of at most PIPE_BUF bytes, or so many of a longer one: all at once, or none when not all can be read. */
static int64_t write_whole(struct task *task, struct pipe *pipe, struct transfer *transfer, bool nonblocking, bool packet)
{
	unsigned char bytes[PIPE_BUF];
	uint64_t wanted = transfer->left < PIPE_BUF ? transfer->left : PIPE_BUF;
	int64_t got = transfer_get(transfer, bytes, wanted);
	int error;

	if (got != (int64_t)wanted)
		return -EFAULT;
	error = pipe_wait_room(task, pipe, packet ? PAGE_SIZE : wanted, nonblocking);
	if (error <= 0)
		return error;
	got = (int64_t)pipe_put(pipe, bytes, wanted, packet);
	pipe_told_bytes(pipe);
	return got ? got : -ENOMEM;
}

static int64_t write_packets(struct task *task, struct pipe *pipe, struct transfer *transfer, bool nonblocking)
{
	int64_t done = 0, count = 1;

	while (transfer->left && count > 0) {
		count = write_whole(task, pipe, transfer, nonblocking, true);
		done += count > 0 ? count : 0;
	}
	return done ? done : count;
}

/* One page of a larger write, or what there is room for. */
static int64_t write_part(struct pipe *pipe, struct transfer *transfer)
{
	struct user_page page;
	int error = transfer_page_begin(transfer, transfer->left, false, &page);
	uint64_t count;

	if (error)
		return error;
	count = pipe_put(pipe, page.bytes, page.count, false);
	transfer_page_end(&page);
	transfer_advance(transfer, count);
	if (count)
		pipe_told_bytes(pipe);
	return (int64_t)count;
}

int64_t pipe_fill(struct task *task, struct pipe *pipe, struct transfer *transfer, bool nonblocking)
{
	uint64_t before = transfer->done;
	int64_t error = 1;

	while (transfer->left && error > 0) {
		error = pipe_wait_room(task, pipe, 1, nonblocking);
		if (error > 0)
			error = write_part(pipe, transfer);
		if (!error && pipe_room(pipe))
			error = -ENOMEM;
		else if (!error)
			error = 1; /* another writer was faster */
	}
	return transfer->done > before ? (int64_t)(transfer->done - before) : error;
}

int64_t pipe_fill_once(struct task *task, struct pipe *pipe, struct transfer *transfer, bool nonblocking)
{
	int64_t room = transfer->left ? pipe_wait_room(task, pipe, 1, nonblocking) : 0;

	return room > 0 ? pipe_fill(task, pipe, transfer, true) : room;
}

static int64_t pipe_write(struct task *task, struct description *description, struct transfer *transfer, uint64_t *offset)
{
	struct pipe *pipe = description->data;

	(void)offset;
	if (!transfer->left)
		return 0;
	if (!pipe->readers)
		return pipe_wait_room(task, pipe, 1, true);
	if (description->flags & LINUX_O_DIRECT)
		return write_packets(task, pipe, transfer, is_nonblocking(description));
	return transfer->left <= PIPE_BUF ? write_whole(task, pipe, transfer, is_nonblocking(description), false) : pipe_fill(task, pipe, transfer, is_nonblocking(description));
}

/* A reader that was opened before any writer came is told of no end; the number of writers until then is in its offset. */
static uint32_t pipe_poll(struct task *task, struct description *description, struct wait_queue **queue)
{
	struct pipe *pipe = description->data;
	uint32_t events = 0;

	(void)task;
	*queue = &pipe->queue;
	if (description_reads(description)) {
		events |= ring_count(&pipe->ring) ? (uint32_t)EVENTS_READ : 0;
		events |= !pipe->writers && pipe->writer_openings != description->stamp ? (uint32_t)LINUX_POLLHUP : 0;
	}
	if (description_writes(description)) {
		events |= pipe_room(pipe) >= PIPE_BUF ? (uint32_t)EVENTS_WRITE : 0;
		events |= !pipe->readers ? (uint32_t)LINUX_POLLERR : 0;
	}
	return events;
}

static int64_t pipe_ioctl(struct task *task, struct description *description, uint64_t request, uint64_t argument)
{
	const struct pipe *pipe = description->data;
	int32_t count = (int32_t)ring_count(&pipe->ring);

	return request == LINUX_FIONREAD ? user_put(task->memory, argument, &count) : -ENOTTY;
}

/* Whether a task's user would have more pages of pipes than a limit. Who may use resources of the system has none. */
static bool is_beyond(const struct task *task, uint64_t more, int64_t most)
{
	uint64_t pages = more;

	if (!most || task_may(task, LINUX_CAP_SYS_RESOURCE) || task_may(task, LINUX_CAP_SYS_ADMIN))
		return false;
	for (const struct pipe *pipe = pipes_made; pipe; pipe = pipe->next)
		pages += pipe->user == task->credentials->user ? pipe->ring.pages : 0;
	return pages > (uint64_t)most;
}

static int64_t size_set(struct task *task, struct pipe *pipe, uint64_t bytes)
{
	uint64_t pages = pipe_pages(bytes);

	if (bytes > 1u << 31)
		return -EINVAL;
	if (pages > pipe->ring.pages && (int64_t)(pages * PAGE_SIZE) > pipe_bytes_most && !task_may(task, LINUX_CAP_SYS_RESOURCE))
		return -EPERM;
	if (pages > pipe->ring.pages && (is_beyond(task, pages - pipe->ring.pages, pipe_user_pages_soft) || is_beyond(task, pages - pipe->ring.pages, pipe_user_pages_hard)))
		return -EPERM;
	if (pages > RING_PAGES_MAX)
		return -ENOMEM;
	if (pipe->ring.pages * (uint64_t)PAGE_SIZE - pipe_room(pipe) > pages * PAGE_SIZE)
		return -EBUSY;
	if (!ring_resize(&pipe->ring, (uint32_t)pages))
		return -ENOMEM;
	pipe_told_room(pipe);
	return (int64_t)(pages * PAGE_SIZE);
}

static int64_t pipe_control(struct task *task, struct description *description, uint64_t command, uint64_t argument)
{
	struct pipe *pipe = description->data;

	if (command == LINUX_F_SETPIPE_SZ)
		return size_set(task, pipe, (uint32_t)argument);
	return command == LINUX_F_GETPIPE_SZ ? (int64_t)(pipe->ring.pages * PAGE_SIZE) : -EINVAL;
}

/* An end is gone. */
static void end_leave(struct pipe *pipe, const struct description *description)
{
	pipe->readers -= description_reads(description);
	pipe->writers -= description_writes(description);
	if (--pipe->ends) {
		queue_wake(&pipe->queue, 0);
		return;
	}
	if (pipe->node)
		pipe->node->pipe = NULL;
	ring_clear(&pipe->ring);
	packets_clear(&pipe->packets);
	pipe_return(pipe);
}

static void pipe_release(struct description *description)
{
	end_leave(description->data, description);
	if (description->node)
		node_release(description->node);
}

/* Each reading and writing, and an end that leaves. */
static uint32_t pipe_told(const struct description *description, uint32_t events)
{
	bool all = !events;

	return ((all || events & LINUX_POLLIN) && description_reads(description) ? LINUX_POLLIN : 0u) | ((all || events & LINUX_POLLOUT) && description_writes(description) ? LINUX_POLLOUT : 0u);
}

static const struct description_operations pipe_operations = {
	.kind = "pipe",
	.read = pipe_read,
	.write = pipe_write,
	.poll = pipe_poll,
	.told = pipe_told,
	.ioctl = pipe_ioctl,
	.control = pipe_control,
	.release = pipe_release,
};

struct pipe *pipe_of(const struct description *description)
{
	return description->operations == &pipe_operations ? description->data : NULL;
}

static struct pipe *pipe_new(const struct task *task)
{
	uint32_t pages = PAGES_FIRST * PAGE_SIZE > pipe_bytes_most && !task_may(task, LINUX_CAP_SYS_RESOURCE) ? (uint32_t)(pipe_bytes_most / PAGE_SIZE) : PAGES_FIRST;
	struct pipe *pipe;

	if (is_beyond(task, pages, pipe_user_pages_soft))
		pages = PAGES_LEAST;
	pipe = is_beyond(task, pages, pipe_user_pages_hard) ? NULL : slab_take(&pipes);
	if (!pipe)
		return NULL;
	pipe->ring.pages = pages;
	pipe->user = task->credentials->user;
	pipe->next = pipes_made;
	pipe->at = &pipes_made;
	if (pipe->next)
		pipe->next->at = &pipe->next;
	pipes_made = pipe;
	return pipe;
}

static void end_come(struct pipe *pipe, const struct description *description)
{
	pipe->ends++;
	pipe->readers += description_reads(description);
	pipe->writers += description_writes(description);
	pipe->reader_openings += description_reads(description);
	pipe->writer_openings += description_writes(description);
}

int pipe_make(const struct task *task, uint32_t flags, struct description *ends[2])
{
	struct pipe *pipe = pipe_new(task);

	if (!pipe)
		return -ENFILE;
	for (unsigned i = 0; i < 2; i++) {
		ends[i] = description_make(&pipe_operations, MODE_FIFO | 0600, i ? flags | LINUX_O_WRONLY : (flags & ~(uint32_t)LINUX_O_DIRECT) | LINUX_O_RDONLY, FILESYSTEM_PIPE);
		if (ends[i]) {
			ends[i]->data = pipe;
			end_come(pipe, ends[i]);
		} else if (i) {
			description_release(ends[0]);
			return -ENFILE;
		} else {
			pipe_return(pipe);
			return -ENFILE;
		}
	}
	ends[1]->inode = ends[0]->inode;
	return 0;
}

int pipe_open_again(struct description *end, uint32_t flags, struct description **opened)
{
	if ((flags & LINUX_O_ACCMODE) == LINUX_O_ACCMODE)
		return -EINVAL; /* it would be an end at which nothing can be done */
	*opened = description_make(&pipe_operations, end->mode, flags & (LINUX_O_ACCMODE | LINUX_O_NONBLOCK), FILESYSTEM_PIPE);
	if (!*opened)
		return -ENOMEM;
	(*opened)->inode = end->inode;
	(*opened)->data = end->data;
	end_come(end->data, *opened);
	return 0;
}

/* Named pipes. */

/* The pipe of a node, made for a task when it has none. */
static struct pipe *pipe_of_node(const struct task *task, struct node *node)
{
	if (!node->pipe && (node->pipe = pipe_new(task)) != NULL)
		node->pipe->node = node;
	return node->pipe;
}

/* Waits until one more of the other side has come than had been when the call began. */
static int fifo_wait(struct task *task, struct pipe *pipe, const uint64_t *openings)
{
	uint64_t before = *openings;
	int error = 0;

	while (!error && *openings == before)
		error = queue_wait(&pipe->queue, task, 0, NEVER);
	return error;
}

static int ends_meet(struct task *task, struct pipe *pipe, const struct description *description)
{
	uint32_t access = description->flags & LINUX_O_ACCMODE;

	if (access == LINUX_O_RDONLY && !pipe->writers && !is_nonblocking(description))
		return fifo_wait(task, pipe, &pipe->writer_openings);
	if (access == LINUX_O_WRONLY && !pipe->readers)
		return fifo_wait(task, pipe, &pipe->reader_openings);
	return 0;
}

int fifo_open(struct task *task, struct description *description)
{
	struct node *node = node_take(description->filesystem, description->inode);
	struct pipe *pipe = node ? pipe_of_node(task, node) : NULL;
	int error = pipe ? 0 : -ENOMEM;

	if (!error && ((description->flags & LINUX_O_ACCMODE) == LINUX_O_ACCMODE || description->flags & LINUX_O_DIRECT))
		error = -EINVAL; /* a named pipe has packets only when fcntl() says so */
	else if (!error && (description->flags & LINUX_O_ACCMODE) == LINUX_O_WRONLY && is_nonblocking(description) && !pipe->readers)
		error = -ENXIO;
	if (error) {
		if (pipe && !pipe->ends) {
			node->pipe = NULL;
			pipe_return(pipe);
		}
		if (node)
			node_release(node);
		return error;
	}
	description->stamp = pipe->writers ? 0 : pipe->writer_openings;
	description->operations = &pipe_operations;
	description->data = pipe;
	description->node = node;
	end_come(pipe, description);
	queue_wake(&pipe->queue, 0);
	return ends_meet(task, pipe, description); /* on an error it is released as an end of the pipe */
}

static int64_t call_pipe(struct task *task, uint64_t address, uint32_t flags)
{
	struct description *ends[2];
	int error;

	if (flags & ~(uint32_t)(LINUX_O_CLOEXEC | LINUX_O_NONBLOCK | LINUX_O_DIRECT))
		return -EINVAL;
	error = pipe_make(task, flags & (LINUX_O_NONBLOCK | LINUX_O_DIRECT), ends);
	if (error)
		return error;
	return descriptors_give_two(task, ends, flags, address);
}

int64_t linux_pipe(struct task *task, const uint64_t arguments[6])
{
	return call_pipe(task, arguments[0], 0);
}

int64_t linux_pipe2(struct task *task, const uint64_t arguments[6])
{
	return call_pipe(task, arguments[0], (uint32_t)arguments[1]);
}
