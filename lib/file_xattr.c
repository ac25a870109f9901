/* SPDX-License-Identifier: MIT */
/* Extended attributes of open files (lib/file.h). A request takes a lane, at whose beginning the name lies, and behind it the value or the list. */
#include "lib/file_open.h"
#include "lib/string.h"

#define VALUE_AT 256 /* in the lane */
_Static_assert(VALUE_AT > XATTR_NAME_BYTES_MAX && FILE_CHUNK - VALUE_AT >= XATTR_VALUE_BYTES_MAX, "the longest value has room in a lane, behind the longest name");

struct xattr_request {
	struct file_session *session;
	struct file_lane *lane;
	uint64_t words[8];
};

/* Takes a lane, and puts the name there, if it is about one. */
static int request_begin(struct xattr_request *request, int number, const struct asker *asker, const char *name)
{
	const struct file *file = file_of(number);
	size_t bytes = name ? strlen(name) : 0;

	if (!file)
		return -EBADF;
	if (bytes > XATTR_NAME_BYTES_MAX)
		return -ERANGE;
	*request = (struct xattr_request){.session = file->session, .lane = lane_take(file->session)};
	if (bytes)
		memcpy(request->session->buffer + request->lane->at, name, bytes);
	request->words[0] = request->lane->unnumbered;
	request->words[1] = (uint64_t)number;
	request->words[2] = span_make(request->lane->at, bytes);
	request->words[6] = pair_make(asker->user, asker->group);
	request->words[7] = pair_make(asker->capabilities, asker->group_count);
	return 0;
}

/* Sends it, and gives the lane back when what was answered there, if anything, is in `to`. */
static int64_t request_send(struct xattr_request *request, uint64_t label, const struct asker *asker, void *to, size_t room)
{
	struct kernel_call answer;
	int64_t bytes = session_exchange(request->session, label, 8, request->words, asker, &answer);

	if (room && bytes > (int64_t)room)
		bytes = -EIO;
	if (room && bytes > 0)
		memcpy(to, request->session->buffer + request->lane->at + VALUE_AT, (size_t)bytes);
	lane_give(request->session, request->lane);
	return bytes;
}

/* As much of the lane as is wanted and there. */
static uint64_t value_span(const struct xattr_request *request, size_t bytes)
{
	size_t room = request->session->lane_bytes - VALUE_AT;

	return span_make(request->lane->at + VALUE_AT, bytes < room ? bytes : room);
}

int64_t file_get_xattr(int number, const struct asker *asker, const char *name, void *value, size_t bytes)
{
	struct xattr_request request;
	int error = request_begin(&request, number, asker, name);

	if (error)
		return error;
	request.words[3] = value_span(&request, bytes);
	return request_send(&request, FILE_GETXATTR, asker, value, bytes);
}

int64_t file_list_xattrs(int number, const struct asker *asker, void *list, size_t bytes)
{
	struct xattr_request request;
	int error = request_begin(&request, number, asker, NULL);

	if (error)
		return error;
	request.words[2] = value_span(&request, bytes);
	return request_send(&request, FILE_LISTXATTR, asker, list, bytes);
}

int file_set_xattr(int number, const struct asker *asker, const char *name, const void *value, size_t bytes, uint32_t flags)
{
	struct xattr_request request;
	int error = request_begin(&request, number, asker, name);

	if (error)
		return error;
	if (bytes > request.session->lane_bytes - VALUE_AT) {
		lane_give(request.session, request.lane);
		return -ENOSPC;
	}
	if (bytes)
		memcpy(request.session->buffer + request.lane->at + VALUE_AT, value, bytes);
	request.words[0] = ++request.lane->numbered;
	request.words[3] = value_span(&request, bytes);
	request.words[4] = flags;
	return (int)request_send(&request, FILE_SETXATTR, asker, NULL, 0);
}

int file_remove_xattr(int number, const struct asker *asker, const char *name)
{
	struct xattr_request request;
	int error = request_begin(&request, number, asker, name);

	if (error)
		return error;
	request.words[0] = ++request.lane->numbered;
	return (int)request_send(&request, FILE_REMOVEXATTR, asker, NULL, 0);
}
