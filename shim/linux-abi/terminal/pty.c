/* SPDX-License-Identifier: MIT */
/*
 * Pseudo-terminals (terminal/pty.h). A pair lives as long as its master or a slave is open; its number is free again after that. The slave is a terminal whose device is the master: what it sends goes into a ring that the master reads.
 * A master whose last slave has been closed reads EIO until the next one is opened; a slave whose master has gone is hung up.
 */
#include "terminal/pty.h"

#include "file/blocking.h"
#include "file/descriptors.h"
#include "file/device.h"
#include "file/limits.h"
#include "file/ring.h"
#include "file/tree.h"
#include "lib/file.h"
#include "lib/string.h"
#include "mm/slab.h"
#include "process/names.h"
#include "signal/send.h"
#include "terminal/terminal.h"

#define PAIRS_MAX 256
#define MAJOR_SLAVE 136
#define OUTPUT_PAGES 1
#define PIECE 256

struct pair {
	struct terminal terminal;
	struct byte_ring output; /* of the slave, for the master */
	uint32_t number, slaves; /* slaves: open descriptions */
	bool master, locked, had_slave;
	uint32_t owner, group;   /* of /dev/pts/N */
	uint32_t mode;
	struct wait_queue readable, writable; /* the master's */
};

static struct pair *pairs[PAIRS_MAX]; /* by number; null: free */
static struct pair storage[PAIRS_MAX];

static struct pair *pair_of(struct terminal *terminal)
{
	return terminal->data;
}

/* The slave's device. */

static size_t slave_send(struct terminal *terminal, const unsigned char *bytes, size_t count)
{
	struct pair *pair = pair_of(terminal);
	size_t done = pair->master ? ring_put(&pair->output, bytes, count) : count; /* to nobody: hung up, and about to know it */

	if (done)
		queue_wake(&pair->readable, LINUX_POLLIN | LINUX_POLLRDNORM);
	return done;
}

static void slave_resume(struct terminal *terminal)
{
	queue_wake(&pair_of(terminal)->writable, LINUX_POLLOUT | LINUX_POLLWRNORM);
}

/* As a slave is at first. */
static void slave_restore(struct terminal *terminal)
{
	terminal_settings_reset(terminal);
	terminal->settings.c_cflag &= ~LINUX_HUPCL; /* there is no line */
}

static const struct terminal_device slave_device = {.send = slave_send, .resume = slave_resume, .revoked = slave_restore};

/* Making and ending. */

static struct pair *couple_make(const struct task *task)
{
	for (uint32_t number = 0; number < PAIRS_MAX; number++) {
		struct pair *pair = &storage[number];

		if (pairs[number])
			continue;
		memset(pair, 0, sizeof(*pair));
		terminal_start(&pair->terminal, &slave_device, device_make(MAJOR_SLAVE, number));
		slave_restore(&pair->terminal);
		pair->terminal.data = pair;
		pair->output.pages = OUTPUT_PAGES;
		pair->number = number;
		pair->master = pair->locked = true;
		pair->owner = task->credentials->file_user;
		pair->group = 5; /* tty, as devpts is mounted with gid=5 */
		pair->mode = 0620;
		pairs[number] = pair;
		return pair;
	}
	return NULL;
}

static void pair_consider(struct pair *pair)
{
	if (pair->master || pair->slaves)
		return;
	ring_clear(&pair->output);
	pairs[pair->number] = NULL;
}

/* The master. */

static int64_t output_move(struct pair *pair, struct transfer *transfer)
{
	unsigned char piece[PIECE];
	int64_t done = 0;

	while (transfer->left && ring_count(&pair->output)) {
		uint64_t count = ring_look(&pair->output, 0, piece, transfer->left < sizeof(piece) ? transfer->left : sizeof(piece));
		int64_t put = transfer_put(transfer, piece, count);

		if (put < 0)
			return done ? done : put;
		ring_drop(&pair->output, (uint64_t)put);
		done += put;
	}
	terminal_sent(&pair->terminal);
	return done;
}

static int64_t master_read(struct task *task, struct description *description, struct transfer *transfer, uint64_t *offset)
{
	struct pair *pair = description->data;
	int error = 0;

	(void)offset;
	while (!error && !ring_count(&pair->output)) {
		if (!pair->slaves && pair->had_slave)
			return -EIO;
		error = description->flags & LINUX_O_NONBLOCK ? -EAGAIN : queue_wait(&pair->readable, task, 0, NEVER);
	}
	return error ? error : output_move(pair, transfer);
}

static int64_t master_write(struct task *task, struct description *description, struct transfer *transfer, uint64_t *offset)
{
	struct pair *pair = description->data;
	unsigned char piece[PIECE];
	int64_t done = 0;
	int error = 0;

	(void)offset;
	while (!error && transfer->left) {
		struct transfer look = *transfer;
		int64_t count = transfer_get(&look, piece, transfer->left < sizeof(piece) ? transfer->left : sizeof(piece));
		size_t taken = count > 0 ? terminal_receive(&pair->terminal, piece, (size_t)count) : 0;

		if (count < 0)
			return done ? done : count;
		transfer_advance(transfer, taken);
		done += (int64_t)taken;
		if (taken < (size_t)count)
			error = description->flags & LINUX_O_NONBLOCK ? -EAGAIN : queue_wait(&pair->writable, task, 0, NEVER);
	}
	return done ? done : error;
}

static uint32_t master_poll(struct task *task, struct description *description, struct wait_queue **queue)
{
	struct pair *pair = description->data;
	uint32_t events = LINUX_POLLOUT | LINUX_POLLWRNORM;

	(void)task;
	*queue = &pair->readable;
	if (ring_count(&pair->output))
		events |= LINUX_POLLIN | LINUX_POLLRDNORM;
	if (!pair->slaves && pair->had_slave)
		events |= LINUX_POLLHUP;
	return events;
}

static uint32_t master_told(const struct description *description, uint32_t events)
{
	(void)description;
	return events & LINUX_POLLIN;
}

static int64_t number_put(struct task *task, uint64_t address, int32_t number)
{
	return user_put(task->memory, address, &number);
}

static int64_t lock_set(struct task *task, struct pair *pair, uint64_t argument)
{
	int32_t locked;

	if (user_get(task->memory, &locked, argument) != 0)
		return -EFAULT;
	pair->locked = locked != 0;
	return 0;
}

static int slave_open(struct task *task, struct description *description, struct pair *pair, uint32_t flags);

/* TIOCGPTPEER: a descriptor of the slave without a path. */
static int64_t peer_open(struct task *task, struct pair *pair, uint64_t flags)
{
	struct description *description = description_make(&terminal_operations, MODE_CHARACTER | pair->mode, (uint32_t)flags & ~(uint32_t)LINUX_O_CLOEXEC, FILESYSTEM_TERMINAL);
	int error = description ? 0 : -ENOMEM;

	if (!error)
		description->device = pair->terminal.number;
	if (!error)
		error = slave_open(task, description, pair, (uint32_t)flags);
	if (error && description)
		description_release(description);
	return error ? error : descriptor_give(task, description, (uint32_t)flags);
}

/* What the master knows itself; all else is asked of the slave. */
static int64_t master_ioctl(struct task *task, struct description *description, uint64_t request, uint64_t argument)
{
	struct pair *pair = description->data;
	struct description slave = {.operations = &terminal_operations, .data = &pair->terminal, .stamp = pair->terminal.revocations, .flags = description->flags};

	switch ((uint32_t)request) {
	case LINUX_TIOCGPTN:
		return number_put(task, argument, (int32_t)pair->number);
	case LINUX_TIOCSPTLCK:
		return lock_set(task, pair, argument);
	case LINUX_TIOCGPTLCK:
		return number_put(task, argument, pair->locked);
	case LINUX_TIOCGPTPEER:
		return peer_open(task, pair, argument);
	case LINUX_FIONREAD:
		return number_put(task, argument, (int32_t)ring_count(&pair->output));
	case LINUX_TIOCGPGRP:
		return number_put(task, argument, pair->terminal.foreground);
	case LINUX_TIOCGSID:
		return pair->terminal.session ? number_put(task, argument, pair->terminal.session) : -ENOTTY;
	default:
		return terminal_operations.ioctl(task, &slave, request, argument);
	}
}

static void master_release(struct description *description)
{
	struct pair *pair = description->data;

	pair->master = false;
	terminal_hang_up(&pair->terminal);
	pair_consider(pair);
}

static const struct description_operations master_operations = {.read = master_read, .write = master_write, .poll = master_poll, .told = master_told, .ioctl = master_ioctl, .release = master_release};

static int master_open(struct task *task, struct description *description, uint32_t flags)
{
	struct pair *pair = couple_make(task);

	(void)flags;
	if (!pair)
		return -ENOSPC;
	description->operations = &master_operations;
	description->data = pair;
	return 0;
}

/* The slave. */

static struct description_operations slave_operations; /* those of a terminal, with a release */

static void slave_release(struct description *description)
{
	struct pair *pair = pair_of(description->data);

	if (--pair->slaves == 0)
		queue_wake(&pair->readable, LINUX_POLLHUP);
	pair_consider(pair);
}

static int slave_open(struct task *task, struct description *description, struct pair *pair, uint32_t flags)
{
	int error = pair->locked || !pair->master ? -EIO : terminal_open(task, description, &pair->terminal, flags);

	if (error)
		return error;
	description->operations = &slave_operations;
	pair->slaves++;
	pair->had_slave = true;
	return 0;
}

static int slave_device_open(struct task *task, struct description *description, uint32_t flags)
{
	uint32_t number = device_minor(description->device);

	return pairs[number] ? slave_open(task, description, pairs[number], flags) : -EIO;
}

static struct device_kind masters = {.major = 5, .minor_first = 2, .minor_last = 2, .open = master_open};
static struct device_kind slaves = {.major = MAJOR_SLAVE, .minor_first = 0, .minor_last = PAIRS_MAX - 1, .open = slave_device_open};

/* devpts: a directory with ptmx and the slaves that there are. */

static struct slab entries = SLAB(struct entry);
static const struct entry_operations directory_of_slaves, slave_entry;

static void entry_free(struct entry *entry)
{
	slab_return(&entries, entry);
}

static struct entry *entry_make(struct entry *parent, const struct entry_operations *operations, uint32_t mode, uint64_t device, uint64_t inode)
{
	struct entry *entry = slab_take(&entries);

	if (!entry)
		return NULL;
	*entry = (struct entry){.operations = operations, .users = 1, .mode = mode, .filesystem = FILESYSTEM_TERMINAL, .inode = inode, .device = device, .parent = parent};
	if (parent)
		entry_hold(parent);
	return entry;
}

static struct entry *slaves_root(void)
{
	return entry_make(NULL, &directory_of_slaves, MODE_DIRECTORY | 0755, 0, 1);
}

static int slave_find(struct entry *directory, struct task *task, const char *name, struct entry **found)
{
	uint32_t number = 0;

	(void)task;
	if (strcmp(name, "ptmx") == 0) {
		*found = entry_make(directory, &slave_entry, MODE_CHARACTER | 0666, device_make(5, 2), 2);
		return *found ? 0 : -ENOMEM;
	}
	if (!*name || (*name == '0' && name[1]))
		return -ENOENT;
	for (; *name >= '0' && *name <= '9' && number < PAIRS_MAX; name++)
		number = number * 10 + (uint32_t)(*name - '0');
	if (*name || number >= PAIRS_MAX || !pairs[number] || !pairs[number]->master)
		return -ENOENT;
	*found = entry_make(directory, &slave_entry, MODE_CHARACTER | pairs[number]->mode, pairs[number]->terminal.number, number + 3);
	if (!*found)
		return -ENOMEM;
	(*found)->owner = pairs[number]->owner;
	(*found)->group = pairs[number]->group;
	return 0;
}

static int64_t slaves_list(struct entry *directory, struct task *task, uint64_t *cookie, void *buffer, size_t bytes)
{
	size_t done = 0;

	(void)directory, (void)task;
	if (*cookie == 2) {
		if (!record_put(buffer, bytes, &done, 2, MODE_CHARACTER, "ptmx", 3))
			return -EINVAL;
		*cookie = 3;
	}
	for (; *cookie - 3 < PAIRS_MAX; ++*cookie) {
		uint64_t number = *cookie - 3;
		char name[8];

		if (!pairs[number] || !pairs[number]->master)
			continue;
		name[number_text((int64_t)number, name, sizeof(name) - 1)] = '\0';
		if (!record_put(buffer, bytes, &done, number + 3, MODE_CHARACTER, name, *cookie + 1))
			return done ? (int64_t)done : -EINVAL;
	}
	return (int64_t)done;
}

/* Owner and mode of a slave are the pair's (grantpt(3), login). */
static int slave_change(struct entry *entry, const struct asker *asker, const struct file_change *change)
{
	struct pair *pair = device_major(entry->device) == MAJOR_SLAVE ? pairs[device_minor(entry->device)] : NULL;
	bool owner = change->mask & ATTRIBUTE_OWNER && change->owner != UINT32_MAX;

	if (!pair || (asker->user && asker->user != pair->owner))
		return -EPERM;
	if (owner && asker->user)
		return -EPERM;
	if (change->mask & ATTRIBUTE_MODE)
		pair->mode = change->mode & 0777;
	if (owner)
		pair->owner = change->owner;
	if (change->mask & ATTRIBUTE_GROUP)
		pair->group = change->group;
	return 0;
}

static const struct entry_operations directory_of_slaves = {.find = slave_find, .list = slaves_list, .release = entry_free};
static const struct entry_operations slave_entry = {.change = slave_change, .release = entry_free};
static struct tree_kind kind = {.type = "devpts", .root = slaves_root};

void pty_start(void)
{
	slave_operations = terminal_operations;
	slave_operations.release = slave_release;
	device_register(&masters);
	device_register(&slaves);
	tree_register(&kind);
}
