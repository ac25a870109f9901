/* SPDX-License-Identifier: MIT */
/* Moving data between an open file and a transfer: what read and write have in common with sendfile, splice and exec. */
#pragma once

#include "file/description.h"

/* At the description's own offset, which moves on; at *offset, which does (-ESPIPE for what cannot be sought in). Bytes done, or a negative error number: -EBADF when it is not open for that. */
int64_t data_move_on(struct task *task, struct description *description, struct transfer *transfer, bool writes);
int64_t data_move_at(struct task *task, struct description *description, struct transfer *transfer, uint64_t *offset, bool writes);

/* Takes a vector of a call out of the task's memory. The bytes of all its parts (what is more than TRANSFER_MOST is cut off), -EINVAL, -EFAULT. */
int64_t vector_take(struct task *task, uint64_t address, uint64_t count, struct linux_iovec parts[TRANSFER_PARTS]);
