/* SPDX-License-Identifier: MIT */
/* Interest lists: what a task wants to know of many open files (epoll(7)). */
#pragma once

#include <stdint.h>

struct description;

extern int64_t epoll_watches_most; /* of a user: fs.epoll.max_user_watches */

/* An open file is released: takes it out of all interest lists. */
void epoll_forget(struct description *description);

/* What an open file that is an epoll watches by a number of its callers' tables, the `offset`th of that number. 0, -EINVAL: it is none, or -ENOENT. */
int epoll_find(const struct description *epoll, uint32_t number, uint32_t offset, const struct description **found);
