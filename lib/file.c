/* SPDX-License-Identifier: MIT */
/*
 * Open files (lib/file.h). Their numbers are the ids by which the filesystems know them. A number is taken from before the file is opened until the answer to its closing is there, so that no two requests are about one number and
 * mean different files.
 */
#include "lib/file_open.h"
#include "lib/file_request.h"
#include "lib/string.h"

#define WORD_BITS 64

struct file files_open[FILE_IDS];
static uint64_t numbers_taken[FILE_IDS / WORD_BITS]; /* a bit for each */
static uint64_t serial_last;

/* Numbers. */

static int number_take(void)
{
	for (int i = 0; i < FILE_IDS / WORD_BITS; i++)
		if (~numbers_taken[i]) {
			int bit = __builtin_ctzll(~numbers_taken[i]);

			numbers_taken[i] |= 1ull << bit;
			return i * WORD_BITS + bit;
		}
	return -EMFILE;
}

static void number_give(int number)
{
	numbers_taken[number / WORD_BITS] &= ~(1ull << number % WORD_BITS);
}

/* Opening and closing. */

static int opening_finish(int number, const struct path_request *request, int64_t result)
{
	struct file_session *session = result ? NULL : file_session_find(request->answer.data[1]);

	if (!session) {
		number_give(number);
		return result == PATH_REFERRAL ? PATH_REFERRAL : result > 0 ? -ENXIO : result ? (int)result : -ENODEV;
	}
	files_open[number] = (struct file){.session = session, .serial = ++serial_last};
	return number;
}

static void opened_take(struct file_opened *opened, const uint64_t answer[8])
{
	*opened = (struct file_opened){
		.mode = (uint32_t)answer[2],
		.mount_flags = (uint32_t)(answer[2] >> 32),
		.inode = answer[3],
		.device = answer[4],
		.mount = (uint32_t)answer[5],
		.done = (uint32_t)(answer[5] >> 32),
	};
}

/* Asks vfs. `depends`: where to put on what the opening depends, and `*count` of them, if the file could be kept; else null. */
__attribute__((always_inline)) static inline int opening_ask(struct path *path, uint32_t flags, uint32_t mode, struct file_opened *opened, struct path_depend *depends, uint32_t *count)
{
	int number = number_take();
	struct path_request request;
	int64_t result;

	if (number < 0)
		return number;
	path_begin(&request, path, flags, mode);
	request.data[6] = (uint64_t)number;
	request.data[7] = depends ? request.lane->at + LANE_DEPENDS : 0;
	result = path_send(&request, path, NULL, VFS_OPEN, flags & OPEN_CHANGES);
	if (depends)
		*count = result ? 0 : path_depends_take(&request, depends);
	path_end(&request);
	if (!result) {
		path->filesystem = request.answer.data[1];
		opened_take(opened, request.answer.data);
	}
	return opening_finish(number, &request, result);
}

/* Where numbers, or files open at a filesystem, are short, those that are parked are given up first. What would have been made was not, and what was truncated is so again. */
static int opening_insist(struct path *path, uint32_t flags, uint32_t mode, struct file_opened *opened, struct path_depend *depends, uint32_t *count)
{
	int number;

	do
		number = opening_ask(path, flags, mode, opened, depends, count);
	while ((number == -EMFILE || number == -ENFILE) && parked_give_up());
	return number;
}

/* Where the file can be kept when it is closed. */
static int opening_of_parked(struct path *path, uint32_t flags, struct file_opened *opened)
{
	struct path_depend depends[PATH_KNOWN_WORDS];
	struct path_packed packed;
	struct path_key key;
	uint32_t count = 0;
	int number;

	if (!parked_key(&packed, &key, path, flags))
		return opening_insist(path, flags, 0, opened, NULL, NULL);
	number = parked_reopen(&packed, path, opened);
	if (number >= 0)
		return number;
	path_depends_begin(depends);
	number = opening_insist(path, flags, 0, opened, depends, &count);
	if (number >= 0 && number != PATH_REFERRAL)
		parked_note(number, &packed, depends, count, path, opened);
	return number;
}

int file_open_at(struct path *path, uint32_t flags, uint32_t mode, struct file_opened *opened)
{
	return opening_can_park(flags) ? opening_of_parked(path, flags, opened) : opening_insist(path, flags, mode, opened, NULL, NULL);
}

int file_open(const char *text, uint32_t flags, uint32_t mode)
{
	struct path path = path_of_program(text);
	struct file_opened opened;

	return file_open_at(&path, flags, mode, &opened);
}

int64_t file_call(struct file_session *session, uint64_t label, uint64_t count, uint64_t words[8], bool changes)
{
	struct file_lane *lane = lane_take(session);
	struct kernel_call answer;
	int64_t result;

	words[0] = changes ? ++lane->numbered : lane->unnumbered;
	result = session_exchange(session, label, count, words, NULL, &answer);
	words[1] = answer.data[1];
	lane_give(session, lane);
	return result;
}

__attribute__((always_inline)) static inline int close_ask(struct file_session *session, int number)
{
	struct file_lane *lane = lane_take(session);
	struct kernel_call answer;
	uint64_t words[8]; /* two count */
	int error;

	words[0] = lane->unnumbered;
	words[1] = (uint64_t)number;
	error = (int)session_exchange(session, FILE_CLOSE, 2, words, NULL, &answer);
	lane_give(session, lane);
	number_give(number);
	return error == -EBADF ? 0 : error; /* it was open: an instance that then died has closed it */
}

int number_close(struct file_session *session, int number)
{
	return close_ask(session, number);
}

int file_close(int number)
{
	struct file *file = file_of(number);
	struct file_session *session;

	if (!file)
		return -EBADF;
	if (file->parked && parked_keep(number))
		return 0;
	session = file->session;
	file->session = NULL;
	return close_ask(session, number);
}

/* Contents. */

/* Reads into the lane's part of the buffer; what is there is the caller's until it gives the lane back. */
__attribute__((always_inline)) static inline int64_t lane_read(struct file_session *session, struct file_lane *lane, int number, uint64_t offset, size_t bytes)
{
	struct kernel_call answer;
	uint64_t words[8]; /* four count */
	int64_t done;

	if (bytes > session->lane_bytes)
		bytes = session->lane_bytes;
	words[0] = lane->unnumbered;
	words[1] = (uint64_t)number;
	words[2] = offset;
	words[3] = span_make(lane->at, bytes);
	done = session_exchange(session, FILE_READ, 4, words, NULL, &answer);
	return done > (int64_t)bytes ? -EIO : done;
}

int64_t file_read_in_place(int number, uint64_t offset, size_t bytes, const void **data)
{
	const struct file *file = file_of(number);
	struct file_session *session;
	struct file_lane *lane;
	int64_t done;

	if (!file)
		return -EBADF;
	session = file->session;
	lane = lane_take(session);
	done = lane_read(session, lane, number, offset, bytes);
	*data = session->buffer + lane->at;
	lane_give(session, lane);
	return done;
}

/* Out of line, so that who reads a leased page does not pay for it. */
__attribute__((noinline)) static int64_t call_read(int number, struct file_session *session, uint64_t offset, void *buffer, size_t bytes)
{
	struct file_lane *lane = lane_take(session);
	int64_t done = lane_read(session, lane, number, offset, bytes);

	if (done > 0)
		memcpy(buffer, session->buffer + lane->at, (size_t)done);
	lane_give(session, lane);
	return done;
}

/* A part of a read, from a leased page or by a call. */
static inline int64_t part_read(int number, const struct file *file, uint64_t offset, void *buffer, size_t bytes)
{
	size_t done = leased_read(number, file, offset, buffer, bytes);

	return done ? (int64_t)done : call_read(number, file->session, offset, buffer, bytes);
}

int64_t file_read(int number, uint64_t offset, void *buffer, size_t bytes)
{
	unsigned char *to = buffer;
	size_t left = bytes;

	do {
		const struct file *file = file_of(number); /* each time: it may have been closed meanwhile */
		int64_t part = file ? part_read(number, file, offset, to, left) : -EBADF;

		if (part <= 0)
			return left < bytes ? (int64_t)(bytes - left) : part;
		offset += (size_t)part;
		to += part;
		left -= (size_t)part;
	} while (left);
	return (int64_t)bytes;
}

/* A part of a write: what fits into a lane. `*end` becomes where it ended. */
static int64_t part_write(struct file_session *session, int number, uint64_t offset, const void *buffer, size_t bytes, uint64_t *end)
{
	struct file_lane *lane = lane_take(session);
	const uint64_t words[8] = {++lane->numbered, (uint64_t)number, offset, span_make(lane->at, bytes)};
	struct kernel_call answer;
	int64_t done;

	memcpy(session->buffer + lane->at, buffer, bytes);
	done = session_exchange(session, FILE_WRITE, 4, words, NULL, &answer);
	*end = answer.data[1];
	lane_give(session, lane);
	return done;
}

int64_t file_write_to(int number, uint64_t offset, const void *buffer, size_t bytes, uint64_t *end)
{
	size_t done = 0;

	do {
		const struct file *file = file_of(number);
		size_t most = file ? file->session->lane_bytes : 0, part = bytes - done < most ? bytes - done : most;
		uint64_t at = offset == FILE_END ? FILE_END : offset + done;
		int64_t written = file ? part_write(file->session, number, at, (const char *)buffer + done, part, end) : -EBADF;

		if (written <= 0)
			return done ? (int64_t)done : written;
		done += (size_t)written;
		if ((size_t)written < part)
			break;
	} while (done < bytes);
	return (int64_t)done;
}

int64_t file_write(int number, uint64_t offset, const void *buffer, size_t bytes)
{
	uint64_t end;

	return file_write_to(number, offset, buffer, bytes, &end);
}

/* The file itself. */

static int file_request(int number, uint64_t label, uint64_t count, uint64_t words[8], bool changes)
{
	const struct file *file = file_of(number);

	words[1] = (uint64_t)number;
	return file ? (int)file_call(file->session, label, count, words, changes) : -EBADF;
}

int file_truncate(int number, uint64_t size)
{
	uint64_t words[8] = {[2] = size};

	return file_request(number, FILE_TRUNCATE, 3, words, true);
}

int file_sync(int number)
{
	uint64_t words[8] = {0};

	return file_request(number, FILE_FSYNC, 3, words, false);
}

int file_sync_data(int number)
{
	uint64_t words[8] = {[2] = 1};

	return file_request(number, FILE_FSYNC, 3, words, false);
}

int file_allocate(int number, uint32_t mode, uint64_t offset, uint64_t bytes)
{
	uint64_t words[8] = {[2] = mode, offset, bytes};

	return file_request(number, FILE_ALLOCATE, 5, words, true);
}

int64_t file_seek(int number, uint64_t offset, enum seek_whence whence)
{
	const struct file *file = file_of(number);
	uint64_t words[8] = {0, (uint64_t)number, offset, (uint64_t)whence};

	return file ? file_call(file->session, FILE_SEEK, 4, words, false) : -EBADF;
}

/* A question that is answered by `bytes` bytes in the buffer. */
static int file_answer(int number, uint64_t label, void *to, size_t bytes)
{
	const struct file *file = file_of(number);
	struct file_session *session;
	uint64_t words[8] = {[1] = (uint64_t)number};
	struct kernel_call answer;
	struct file_lane *lane;
	int error;

	if (!file)
		return -EBADF;
	session = file->session;
	lane = lane_take(session);
	words[0] = lane->unnumbered;
	words[2] = lane->at;
	error = (int)session_exchange(session, label, 3, words, NULL, &answer);
	if (!error)
		memcpy(to, session->buffer + words[2], bytes);
	lane_give(session, lane);
	return error;
}

int file_attributes(int number, struct attributes *attributes)
{
	return file_answer(number, FILE_GETATTR, attributes, sizeof(*attributes));
}

int file_statistics(int number, struct filesystem_statistics *statistics)
{
	return file_answer(number, FILE_STATFS, statistics, sizeof(*statistics));
}

/* From the lane: what is asked, and as whom. */
static int change_send(struct file_session *session, struct file_lane *lane, int number, const struct asker *asker, const struct file_change *change)
{
	const uint64_t words[8] = {
		++lane->numbered,
		(uint64_t)number,
		change->mask,
		change->mode,
		pair_make(change->owner, change->group),
		lane->at,
		pair_make(asker->user, asker->group),
		pair_make(asker->capabilities, asker->group_count),
	};
	struct kernel_call answer;

	memcpy(session->buffer + lane->at, change->times, sizeof(change->times));
	return (int)session_exchange(session, FILE_SETATTR, 8, words, asker, &answer);
}

int file_change(int number, const struct asker *asker, const struct file_change *change)
{
	const struct file *file = file_of(number);
	struct file_session *session;
	struct file_lane *lane;
	int error;

	if (!file)
		return -EBADF;
	session = file->session;
	lane = lane_take(session);
	error = change_send(session, lane, number, asker, change);
	lane_give(session, lane);
	return error;
}

int64_t file_list(int number, uint64_t *cookie, void *buffer, size_t bytes)
{
	const struct file *file = file_of(number);
	struct file_session *session;
	struct kernel_call answer;
	uint64_t words[8] = {[1] = (uint64_t)number, *cookie};
	struct file_lane *lane;
	int64_t done;

	if (!file)
		return -EBADF;
	session = file->session;
	lane = lane_take(session);
	if (bytes > session->lane_bytes)
		bytes = session->lane_bytes;
	words[0] = lane->unnumbered;
	words[3] = span_make(lane->at, bytes);
	done = session_exchange(session, FILE_READDIR, 4, words, NULL, &answer);
	if (done > (int64_t)bytes)
		done = -EIO;
	if (done >= 0) {
		memcpy(buffer, session->buffer + lane->at, (size_t)done);
		*cookie = answer.data[1];
	}
	lane_give(session, lane);
	return done;
}
