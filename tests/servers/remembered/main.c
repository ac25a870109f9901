/* SPDX-License-Identifier: MIT */
/*
 * Two clients: `watcher` remembers what paths lead to (path_remember()) and keeps files that it has closed (file_park()), `changer` changes what it has been asked to. As soon as the changer has said that it is done, the watcher looks, at all paths that the file could have; one must be the file, as it is now, and be what is opened there,
 * the others nothing. This is done on two filesystems while servers are killed from the host. The watcher writes TAP.
 */
#include "lib/file.h"
#include "lib/log.h"
#include "lib/path.h"
#include "lib/service.h"
#include "lib/string.h"
#include "tests/servers/console/console.h"
#include "tests/servers/echo/whistle.h"

#define CHANGER_DO 1
#define PATH_BYTES 32
#define SIZE_MOST 40

enum kind { RENAME_FILE, RENAME_PARENT, SET_MODE, WRITE, CUT, REPLACE, HIDE, KINDS };

/* A file and where it is: /, /ram; d0 or d1; f0 or f1. Both programs go through the same states. */
struct state {
	const char *place;
	unsigned parent, name;
	uint32_t mode;
	uint64_t size;
	bool hidden; /* nobody but root may search the parent */
};

static struct state states[] = {{.place = "", .mode = 0644}, {.place = "/ram", .mode = 0644}};
#define STATES (sizeof(states) / sizeof(states[0]))

static const char *path_to(char path[PATH_BYTES], const struct state *state, unsigned parent, int name)
{
	size_t at = 0;

	for (const char *from = state->place; *from; from++)
		path[at++] = *from;
	for (const char *from = "/d?"; *from; from++)
		path[at++] = *from == '?' ? (char)('0' + parent) : *from;
	for (const char *from = name < 0 ? "" : "/f?"; *from; from++)
		path[at++] = *from == '?' ? (char)('0' + name) : *from;
	path[at] = 0;
	return path;
}

static int write_one(const char *path, uint64_t offset)
{
	int file = file_open(path, OPEN_WRITE, 0);
	int64_t done = file < 0 ? file : file_write(file, offset, "x", 1);
	int error = file < 0 ? file : file_close(file);

	return done == 1 ? error : -EIO;
}

static int cut(const char *path)
{
	int file = file_open(path, OPEN_WRITE, 0), error;

	if (file < 0)
		return file;
	error = file_truncate(file, 0);
	return error ? error : file_close(file);
}

/* Removes the file and makes one anew, whose inode may be the same. */
static int replace(const char *path, uint32_t mode)
{
	int error = path_remove(path), file = error ? error : file_open(path, OPEN_WRITE | OPEN_CREATE | OPEN_EXCLUSIVE, mode);

	return file < 0 ? file : file_close(file);
}

/* Makes the change, or (changes false) only takes note of it. */
static int change_make(struct state *state, enum kind kind, bool changes)
{
	char old[PATH_BYTES], new[PATH_BYTES];
	const char *path = path_to(old, state, state->parent, (int)state->name);

	switch (kind) {
	case RENAME_FILE:
		state->name ^= 1;
		return changes ? path_rename(path, path_to(new, state, state->parent, (int)state->name), 0) : 0;
	case RENAME_PARENT:
		path = path_to(old, state, state->parent, -1);
		state->parent ^= 1;
		return changes ? path_rename(path, path_to(new, state, state->parent, -1), 0) : 0;
	case SET_MODE:
		state->mode ^= 0111;
		return changes ? path_change_mode(path, state->mode) : 0;
	case WRITE:
		return changes ? write_one(path, state->size++) : (int)(0 * state->size++);
	case CUT:
		state->size = 0;
		return changes ? cut(path) : 0;
	case REPLACE:
		state->size = 0;
		return changes ? replace(path, state->mode) : 0;
	default:
		state->hidden = !state->hidden;
		return changes ? path_change_mode(path_to(old, state, state->parent, -1), state->hidden ? 0700 : 0755) : 0;
	}
}

/* The watcher's looks. */

static const char *wrong_of(const struct state *state, const struct asker *asker, unsigned parent, unsigned name)
{
	char text[PATH_BYTES];
	struct path path = {.asker = asker, .start = PATH_ROOT, .root = PATH_ROOT, .text = path_to(text, state, parent, (int)name)};
	bool is_there = parent == state->parent && name == state->name, refused = state->hidden && parent == state->parent && asker->user;
	struct attributes attributes;
	int result = path_attributes_at(&path, 0, &attributes);

	if (refused)
		return result == -EACCES ? NULL : "somebody looks into a directory that he may not search";
	if (!is_there)
		return result == -ENOENT ? NULL : "there is a file where it is no more";
	if (result)
		return "the file is not found where it is";
	if ((attributes.mode & MODE_PERMISSIONS) != state->mode)
		return "it has another mode";
	return attributes.size == state->size ? NULL : "it has another size";
}

/* Opens what the path leads to, for the first time or once more. */
static const char *wrong_open(const struct state *state, const struct asker *asker, unsigned parent, unsigned name)
{
	char text[PATH_BYTES];
	struct path path = {.asker = asker, .start = PATH_ROOT, .root = PATH_ROOT, .text = path_to(text, state, parent, (int)name)};
	bool is_there = parent == state->parent && name == state->name, refused = state->hidden && parent == state->parent && asker->user;
	struct attributes attributes;
	struct file_opened opened;
	int file = file_open_at(&path, OPEN_READ, 0, &opened), error;

	if (refused)
		return file == -EACCES ? NULL : "somebody opens a file in a directory that he may not search";
	if (!is_there)
		return file == -ENOENT ? NULL : "there is a file to be opened where it is no more";
	if (file < 0)
		return "the file cannot be opened where it is";
	error = file_attributes(file, &attributes);
	if (!error)
		error = file_close(file);
	if (error)
		return "what was opened is not open";
	if (attributes.links != 1 || attributes.inode != opened.inode)
		return "a file was opened that has no name any more";
	if ((attributes.mode & MODE_PERMISSIONS) != state->mode || (opened.mode & MODE_PERMISSIONS) != state->mode)
		return "what was opened has another mode";
	return attributes.size == state->size ? NULL : "what was opened has another size";
}

/* Twice, so that it is remembered before the next change. */
static const char *look(const struct state *state)
{
	static const struct asker root = {.capabilities = UINT32_MAX}, user = {.user = 7, .group = 7};
	const char *wrong = NULL;

	for (unsigned i = 0; i < 16 && !wrong; i++) {
		wrong = wrong_of(state, i & 4 ? &user : &root, i & 1, i >> 1 & 1);
		if (!wrong)
			wrong = wrong_open(state, i & 4 ? &user : &root, i & 1, i >> 1 & 1);
	}
	return wrong;
}

static const char *round_run(handle_t changer, uint64_t round)
{
	unsigned which = round % STATES;
	enum kind kind = (enum kind)(round * round / STATES % 31 % KINDS);
	uint64_t data[MESSAGE_REGISTER_WORDS] = {which, kind};
	const char *wrong;

	if (kind == WRITE && states[which].size == SIZE_MOST)
		data[1] = kind = CUT;
	if (service_call(changer, CHANGER_DO, 2, data) != OK || data[0])
		return "the change failed";
	(void)change_make(&states[which], kind, false);
	wrong = look(&states[which]);
	if (wrong)
		log_print("# round %u, change %u in %s: %s\n", round, (uint64_t)kind, *states[which].place ? states[which].place : "/", wrong);
	return wrong;
}

static bool begin(void)
{
	char path[PATH_BYTES];

	if (file_start() || path_make_directory("/ram", 0755) || path_mount("/ram", "ramfs", 0))
		return false;
	for (unsigned i = 0; i < STATES; i++)
		if (path_make_directory(path_to(path, &states[i], 0, -1), 0755) || file_close(file_open(path_to(path, &states[i], 0, 0), OPEN_WRITE | OPEN_CREATE, 0644)))
			return false;
	return true;
}

static int watcher(void)
{
	static uint64_t memory[8192], parked[1024];
	uint64_t data[MESSAGE_REGISTER_WORDS] = {0}, round = 0;
	const char *wrong = NULL;
	bool begun = begin();

	log_print("1..2\n%sok remembered-begin both filesystems can be used\n", begun ? "" : "not ");
	path_remember(memory, sizeof(memory));
	file_park(parked, sizeof(parked));
	while (begun && !wrong && !whistle_blown()) {
		service_alive();
		wrong = round_run(start_session("changer"), round);
		if (++round % 10 == 0)
			log_print("round %u\n", round);
	}
	log_print("%u rounds\n%sok remembered-right what is remembered is what there is, as soon as who changed it knows\n", round, wrong || !begun ? "not " : "");
	data[0] = wrong || !begun;
	return service_call(start_session("console"), CONSOLE_END, 1, data) != OK;
}

/* The caller is held while the change is made: to wait for filesystems is to receive. What is asked again, because this one was taken for dead, cannot be: nobody kills it. */
static int changer(void)
{
	struct request request;

	if (file_start())
		return 1;
	while (service_receive(&request) == OK)
		if (request.kind == MESSAGE_CALL) {
			handle_t held = service_hold();

			request.data[0] = (uint64_t)-change_make(&states[request.data[0] % STATES], (enum kind)(request.data[1] % KINDS), true);
			request.words = 1;
			request.label = 0;
			request.caps = 0;
			request.status = OK;
			if (!held || service_answer(held, &request) != OK)
				return 1;
		}
	return 1;
}

int main(void)
{
	return strcmp(start_page->name, "watcher") == 0 ? watcher() : changer();
}
