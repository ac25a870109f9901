/* SPDX-License-Identifier: MIT */
/*
 * Messages on their way between sockets: data in frames, who sent it, from where, and open files that come with it. A stream is a row of messages whose borders are not told, but that files and credentials do not cross.
 */
#pragma once

#include "abi/linux/structures.h"
#include "file/description.h"

#define MESSAGE_FRAMES 64
#define MESSAGE_BYTES_MAX (MESSAGE_FRAMES * PAGE_SIZE)
#define FILES_MAX 253 /* SCM_MAX_FD */

struct socket_name;

struct passed_files {
	struct passed_files *later; /* to be released after these */
	uint32_t count;
	struct description *files[FILES_MAX]; /* held */
};

struct message {
	struct message *next;
	struct passed_files *files; /* null: none. In a frame */
	struct socket_name *from;   /* held; null: a socket without a name */
	struct linux_ucred sender;
	uint64_t wall; /* when it was sent, in ns of the clock of the day; 0: the receiver did not ask */
	uint32_t bytes, taken;
	uint64_t charge; /* what it counts against the sender's SO_SNDBUF */
	frame_t frames[MESSAGE_FRAMES];
};

/* An empty message; a null pointer when there is no memory. */
struct message *message_make(void);
void message_free(struct message *message); /* may wait: files are released */

/* Takes up to `bytes` bytes more out of a transfer. How many, -EFAULT, or -ENOBUFS. May wait. */
int64_t message_fill(struct message *message, struct transfer *transfer, uint64_t bytes);

/* Puts what is left of it from `skip` bytes on into a transfer, as far as there is room. How many bytes, or -EFAULT; they stay. May wait: the message must not go meanwhile. */
int64_t message_put(const struct message *message, uint64_t skip, struct transfer *transfer);

/* Empty room for files; a null pointer when there is no memory. */
struct passed_files *files_make(void);
void files_free(struct passed_files *files); /* releases them; may wait */
bool files_are_freed(void); /* in this fiber, further up: it looks for lost sockets when it is done */
uint64_t files_passed(void); /* how many rooms there are: 0 when no file is on its way */
struct passed_files *files_copy(const struct passed_files *files);
