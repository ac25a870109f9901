/* SPDX-License-Identifier: MIT */
/* Control messages (cmsg(3)): what comes with data through a socket. */
#pragma once

#include "net/socket.h"

/* Takes the control messages of a sendmsg(): open files, credentials. 0, -EINVAL, -EBADF, -EPERM, -EFAULT, -ENOMEM; on an error no files are left. */
int control_take(struct task *task, const struct linux_msghdr *header, struct sending *sending);

/* Puts what has been received where a recvmsg() wants it: sets header->msg_controllen and msg_flags. Files that find no room or no number are gone. 0 or -EFAULT. */
int control_put(struct task *task, const struct socket *socket, struct linux_msghdr *header, struct receiving *receiving, bool close_on_exec);
