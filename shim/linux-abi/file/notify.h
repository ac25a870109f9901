/* SPDX-License-Identifier: MIT */
/*
 * Telling who watches files (inotify(7), F_NOTIFY of fcntl(2)) what happens to them. A file is told of by itself and, with its name, by the directory that it was reached through. While nobody watches anything each of these is one comparison.
 */
#pragma once

#include "file/walk.h"

/* What /proc/sys/fs/inotify tells: events that wait to be read, after which they are lost, and watches, of all instances together. */
#define NOTIFY_QUEUED_MAX 16384
#define NOTIFY_WATCHES_MAX 8192

extern int64_t notify_watches_most; /* of all: max_user_watches */
extern int64_t notify_instances_most; /* of a user: max_user_instances */

extern uint32_t watches; /* that there are, requests of file/dnotify.h among them */

void notify_description_slow(struct description *description, uint32_t events);
void notify_walk_slow(const struct walk *walk, uint32_t events, uint32_t cookie);

/* As walk_text(), and while anybody watches by the name that a directory in which the path begins has now. May wait. */
char *notify_walk_text(const struct walk *walk);

/* Something was done with an open file. May wait. */
static inline void notify_description(struct description *description, uint32_t events)
{
	if (watches && description->text)
		notify_description_slow(description, events);
}

/* Something was done with the name, or the file, at the end of a walk: after it has succeeded (for what goes: its directory alone is told). `cookie` joins the two events of a rename. May wait. */
static inline void notify_walk(const struct walk *walk, uint32_t events, uint32_t cookie)
{
	if (watches)
		notify_walk_slow(walk, events, cookie);
}

/* A file that is about to lose a name, with how many it has: for notify_gone(), when that has happened. Nothing while nobody watches. */
struct notify_victim {
	uint64_t filesystem, inode;
	uint32_t links; /* 0: not known */
	bool directory;
};
struct notify_victim notify_victim(const struct walk *walk);
void notify_gone(const struct notify_victim *victim);
void notify_moved(const struct notify_victim *moved);
void notify_linked(const struct notify_victim *linked); /* it has a name more */

/* A name has become another one, of which the directory is told if it is the same one. */
void notify_renamed(const struct walk *from, const struct walk *to);

uint32_t notify_cookie(void);
