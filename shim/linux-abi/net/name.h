/* SPDX-License-Identifier: MIT */
/* Names of sockets (unix(7)): a path, which a file of type socket stands for, or an abstract one. */
#pragma once

#include "abi/linux/structures.h"
#include "process/task.h"

#define NAME_BYTES 108 /* of sun_path */

struct socket;

struct socket_name {
	uint32_t users;
	uint32_t bytes;        /* of sun_path, with the NUL of a path */
	char text[NAME_BYTES]; /* an abstract name begins with a NUL */
	uint64_t filesystem, inode; /* of a path */
	struct socket *owner;  /* that is bound to it; null once that is gone */
	struct socket_name *next;
};

static inline void name_hold(struct socket_name *name)
{
	name->users++;
}

void name_release(struct socket_name *name);

/* An address of a call: the bytes of sun_path, with a NUL behind them. Their count, -EINVAL, -EFAULT, or -EAFNOSUPPORT for another family (*family tells). */
int64_t address_take(struct task *task, uint64_t address, uint32_t bytes, char text[NAME_BYTES + 1], uint16_t *family);

/* Puts the address of a name (null: an unnamed socket) where a call wants it; *length becomes its whole length. 0, -EFAULT, -EINVAL. */
int address_put(struct task *task, uint64_t address, uint64_t length_address, const struct socket_name *name);
int address_put_within(struct task *task, uint64_t address, uint32_t room, const struct socket_name *name, uint32_t *length);

/* Binds a socket to a new name; `bytes` 0: an abstract one that is free. 0, -EADDRINUSE, or what making the file answers. May wait. */
int name_bind(struct task *task, struct socket *socket, const char *text, uint32_t bytes);

/* The socket that is bound to a name, held. 0, -ECONNREFUSED, -ENOENT, -EACCES, ... May wait. */
int name_find(struct task *task, const char *text, uint32_t bytes, struct socket **socket);
