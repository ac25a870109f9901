/* SPDX-License-Identifier: MIT */
/* Filters of sockets (SO_ATTACH_FILTER; socket(7)): a program of classic BPF that says of each datagram how many bytes of it the socket receives; 0: it is thrown away, and its sender is told nothing. Streams have filters, which are asked nothing, as on Linux. */
#pragma once

#include "net/socket.h"

/* Sets the filter that a struct sock_fprog of a process describes. -EPERM (SO_LOCK_FILTER), -EINVAL, -EFAULT, -ENOMEM. May wait. */
int filter_attach(struct task *task, struct socket *socket, uint64_t address, uint32_t bytes);

/* Takes it off. -ENOENT when there is none, -EPERM. */
int filter_detach(struct socket *socket);

/* Copies it to a process that has room for `room` instructions; with no room it only counts. How many instructions it has, 0 when there is none, -EINVAL when the room is too small, -EFAULT. May wait. */
int64_t filter_tell(struct task *task, const struct socket *socket, uint64_t address, uint32_t room);

/* Whether a socket takes a message: cut to what its filter lets through. */
bool filter_passes(const struct socket *socket, struct message *message);
