/* SPDX-License-Identifier: MIT */
/* Interest lists: what a task wants to know of many open files (epoll(7)). */
#pragma once

struct description;

/* An open file is released: takes it out of all interest lists. */
void epoll_forget(struct description *description);
