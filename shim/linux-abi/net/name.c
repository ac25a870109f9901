/* SPDX-License-Identifier: MIT */
/* Names of sockets (net/name.h): a list of those that are bound. */
#include "net/name.h"

#include "file/place.h"
#include "file/status.h"
#include "lib/string.h"
#include "mm/slab.h"
#include "net/socket.h"

#define FAMILY_BYTES sizeof(uint16_t)

static struct slab slab = SLAB(struct socket_name);
static struct socket_name *names;

void name_release(struct socket_name *name)
{
	struct socket_name **at = &names;

	if (--name->users)
		return;
	while (*at && *at != name)
		at = &(*at)->next;
	if (*at)
		*at = name->next;
	slab_return(&slab, name);
}

int64_t address_take(struct task *task, uint64_t address, uint32_t bytes, char text[NAME_BYTES + 1], uint16_t *family)
{
	uint32_t length = bytes - (uint32_t)FAMILY_BYTES;

	*family = LINUX_AF_UNSPEC;
	if (bytes < FAMILY_BYTES || bytes > sizeof(struct linux_sockaddr_un))
		return -EINVAL;
	if (user_get(task->memory, family, address) || user_read(task->memory, text, address + FAMILY_BYTES, length))
		return -EFAULT;
	if (*family != LINUX_AF_UNIX)
		return -EINVAL;
	text[length] = 0;
	if (length && text[0])
		length = (uint32_t)strlen(text) + 1; /* a path ends at its NUL, wherever the address does */
	return length;
}

int address_put_within(struct task *task, uint64_t address, uint32_t room, const struct socket_name *name, uint32_t *length)
{
	struct linux_sockaddr_un full = {.sun_family = LINUX_AF_UNIX};

	*length = FAMILY_BYTES + (name ? name->bytes : 0);
	if (name)
		memcpy(full.sun_path, name->text, name->bytes < sizeof(full.sun_path) ? name->bytes : sizeof(full.sun_path));
	return user_write(task->memory, address, &full, room < *length ? room : *length < sizeof(full) ? *length : sizeof(full));
}

int address_put(struct task *task, uint64_t address, uint64_t length_address, const struct socket_name *name)
{
	uint32_t length;
	int32_t room;
	int error;

	if (user_get(task->memory, &room, length_address))
		return -EFAULT;
	if (room < 0)
		return -EINVAL;
	error = address_put_within(task, address, (uint32_t)room, name, &length);
	return error ? error : user_put(task->memory, length_address, &length);
}

static struct socket_name *name_make(const char *text, uint32_t bytes)
{
	struct socket_name *name = slab_take(&slab);

	if (!name)
		return NULL;
	*name = (struct socket_name){.users = 1, .bytes = bytes, .next = names};
	memcpy(name->text, text, bytes < NAME_BYTES ? bytes : NAME_BYTES);
	names = name;
	return name;
}

static struct socket_name *abstract_find(const char *text, uint32_t bytes)
{
	struct socket_name *name = names;

	while (name && !(name->owner && name->bytes == bytes && !name->text[0] && memcmp(name->text, text, bytes) == 0))
		name = name->next;
	return name;
}

static struct socket_name *path_find(uint64_t filesystem, uint64_t inode)
{
	struct socket_name *name = names;

	while (name && !(name->owner && name->text[0] && name->filesystem == filesystem && name->inode == inode))
		name = name->next;
	return name;
}

static void name_give(struct socket *socket, struct socket_name *name)
{
	name->owner = socket;
	socket->name = name;
}

static int abstract_bind(struct socket *socket, const char *text, uint32_t bytes)
{
	struct socket_name *name;

	if (abstract_find(text, bytes))
		return -EADDRINUSE;
	name = name_make(text, bytes);
	if (!name)
		return -ENOMEM;
	name_give(socket, name);
	return 0;
}

/* A name that nobody has: five hexadecimal digits. */
static int free_bind(struct socket *socket)
{
	static const char digits[] = "0123456789abcdef";
	static uint32_t last;
	char text[6] = {0};
	int error;

	do {
		uint32_t number = ++last & 0xfffff;

		for (unsigned i = 5; i; i--, number >>= 4)
			text[i] = digits[number & 15];
		error = abstract_bind(socket, text, sizeof(text));
	} while (error == -EADDRINUSE);
	return error;
}

/* Makes the file that stands for the socket; what it is comes back in `status`. */
static int file_make(struct task *task, const char *text, struct status *status)
{
	struct walk walk;
	int64_t error = walk_begin_text(&walk, task, LINUX_AT_FDCWD, text, WALK_PARENT);

	while (walk_next(&walk, &error))
		error = path_make_node_at(&walk.path, MODE_SOCKET | (0777 & ~task->place->umask), 0);
	if (walk.entry)
		error = -EACCES;
	walk_end(&walk);
	if (error)
		return error == -EEXIST ? -EADDRINUSE : (int)error;
	error = walk_begin_text(&walk, task, LINUX_AT_FDCWD, text, WALK_NOFOLLOW);
	if (!error)
		error = walk_status(&walk, status);
	walk_end(&walk);
	return (int)error;
}

static void file_remove(struct task *task, const char *text)
{
	struct walk walk;
	int64_t error = walk_begin_text(&walk, task, LINUX_AT_FDCWD, text, WALK_PARENT);

	while (walk_next(&walk, &error))
		error = path_remove_at(&walk.path);
	walk_end(&walk);
}

static int path_bind(struct task *task, struct socket *socket, const char *text, uint32_t bytes)
{
	struct socket_name *name = name_make(text, bytes);
	struct status status;
	int error = name ? file_make(task, text, &status) : -ENOMEM;

	if (!error && socket->name) { /* it was bound before, or meanwhile by another thread */
		file_remove(task, text);
		error = -EINVAL;
	}
	if (error) {
		if (name)
			name_release(name);
		return error;
	}
	name->filesystem = status.filesystem;
	name->inode = status.attributes.inode;
	name_give(socket, name);
	return 0;
}

int name_bind(struct task *task, struct socket *socket, const char *text, uint32_t bytes)
{
	if (bytes && text[0])
		return path_bind(task, socket, text, bytes);
	if (socket->name)
		return bytes ? -EINVAL : 0;
	return bytes ? abstract_bind(socket, text, bytes) : free_bind(socket);
}

/* The file of a path, if the task may write to it. */
static int file_find(struct task *task, const char *text, struct status *status)
{
	struct walk walk;
	int64_t error = walk_begin_text(&walk, task, LINUX_AT_FDCWD, text, 0);

	if (!error)
		error = walk_status(&walk, status);
	if (!error)
		error = asker_check(&walk.asker, &status->attributes, ACCESS_WRITE);
	walk_end(&walk);
	return (int)error;
}

int name_find(struct task *task, const char *text, uint32_t bytes, struct socket **socket)
{
	struct socket_name *name = NULL;
	struct status status;
	int error = 0;

	if (!bytes)
		return -EINVAL;
	if (text[0]) {
		error = file_find(task, text, &status);
		if (!error)
			name = path_find(status.filesystem, status.attributes.inode);
	} else {
		name = abstract_find(text, bytes);
	}
	if (error)
		return error;
	if (!name)
		return -ECONNREFUSED;
	*socket = name->owner;
	socket_hold(*socket);
	return 0;
}
