/* SPDX-License-Identifier: MIT */
/* Options of sockets between the two files that have them: net/options.c, which has those of every socket, and net/network_options.c with those that matter on a network. */
#pragma once

#include "net/socket.h"

/* What an option can be. */
union option_value {
	int32_t number;
	uint64_t long_number;
	uint32_t memory[9]; /* SO_MEMINFO */
	struct linux_timeval time;
	struct linux_linger linger;
	struct linux_ucred credentials;
	struct linux_so_timestamping stamping;
	struct linux_sock_txtime transmit_time;
};

/* As they are when nobody has set them. */
#define NETWORK_FIRST ((struct socket_network){.processor = -1, .pacing = UINT64_MAX})

/* Whether somebody may administer the network. */
bool option_administers(const struct task *task);

/* Sets an option that is a bit. */
void option_bit_set(struct socket *socket, uint32_t option, bool value);

/* Sets an option that matters on a network: `value` is the number at the address, behind which more may lie. 0, -ENOPROTOOPT when it is none, -EPERM, -EINVAL, -EFAULT, ... */
int network_option_set(struct task *task, struct socket *socket, uint32_t option, int32_t value, uint64_t address, uint32_t bytes);

/* Tells such an option to one with room for `room` bytes: how many the value has, or -ENOPROTOOPT, -EINVAL. */
int64_t network_option_get(struct socket *socket, uint32_t option, uint32_t room, union option_value *value);
