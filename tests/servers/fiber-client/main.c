/* SPDX-License-Identifier: MIT */
/*
 * A client that asks for many, each in a fiber of its own: what a server of processes does (lib/file.h, lib/path.h). Each fiber is a user with a group; it has a directory, from which its paths begin, and files there that it alone may read; one
 * file is its group's. There are more fibers than lanes, and the disk makes them wait, so what belongs to one of them comes in the middle of what others do: a request that asked as somebody else, an answer that went to another, or a lane that two
 * used, changes an outcome. Writes TAP.
 */
#include "lib/clock.h"
#include "lib/fiber.h"
#include "lib/file.h"
#include "lib/log.h"
#include "lib/path.h"
#include "lib/service.h"
#include "lib/string.h"
#include "tests/servers/console/console.h"
#include "tests/servers/echo/whistle.h"

#define USERS 14
#define STACK_BYTES 16384
#define ROUNDS 30
#define STORM_HEAP 0x10000 /* a heap of this size asks for a storm in which servers are killed from outside, until the host whistles */
#define RECORD 700
#define RECORDS 8

struct user {
	uint64_t rounds;
	const char *wrong;
	int64_t error; /* with which it went wrong, where there was one */
	struct asker asker;
	struct fiber fiber;
	uint32_t group;
	int directory; /* where its paths begin */
	bool ended;
	unsigned char record[RECORD], back[RECORD];
};

static struct user users[USERS];
static _Alignas(16) unsigned char stacks[USERS][STACK_BYTES];
static const struct asker root = {.capabilities = UINT32_MAX};
static bool storm;
static unsigned most_waiting; /* fibers that waited at the same time */

static struct path path_from(const struct user *user, const char *text)
{
	return (struct path){.asker = &user->asker, .start = user->directory, .root = PATH_ROOT, .text = text};
}

/* A path with the number of a user at its end, as two digits. */
static const char *numbered(char *path, size_t bytes, unsigned number)
{
	path[bytes - 3] = (char)('0' + number / 10);
	path[bytes - 2] = (char)('0' + number % 10);
	return path;
}

static void record_fill(struct user *user, uint64_t index)
{
	for (size_t i = 0; i < RECORD; i++)
		user->record[i] = (unsigned char)(user->group * 31 + user->rounds * 7 + index * 13 + i);
}

static const char *appends(struct user *user)
{
	struct path path = path_from(user, "log");
	struct file_opened opened;
	int file = file_open_at(&path, OPEN_READ_WRITE | OPEN_CREATE | OPEN_TRUNCATE | OPEN_APPEND, 0600, &opened);
	uint64_t end = 0;

	if (file < 0 || (opened.mode & MODE_TYPE) != MODE_REGULAR)
		return "the log cannot be opened";
	for (uint64_t i = 0; i < RECORDS; i++) {
		record_fill(user, i);
		if (file_write_to(file, FILE_END, user->record, RECORD, &end) != RECORD || end != (i + 1) * RECORD)
			return "a record was not appended where the log ended";
	}
	if (file_sync(file))
		return "the log cannot be synchronised";
	for (uint64_t i = 0; i < RECORDS; i++) {
		record_fill(user, i);
		if (file_read(file, i * RECORD, user->back, RECORD) != RECORD || memcmp(user->record, user->back, RECORD) != 0)
			return "a record is wrong";
	}
	return file_close(file) ? "the log cannot be closed" : NULL;
}

static const char *names(struct user *user)
{
	struct path old = path_from(user, "old"), new = path_from(user, "new");
	struct file_opened opened;
	struct attributes attributes;
	int file = file_open_at(&old, OPEN_WRITE | OPEN_CREATE | OPEN_EXCLUSIVE, 0640, &opened);

	if (file < 0 || file_close(file))
		return "an exclusive creation failed";
	if (path_rename_at(&old, &new, RENAME_KEEP) || path_attributes_at(&new, 0, &attributes))
		return "a name is not where it was moved to";
	if (attributes.owner != user->asker.user || attributes.group != user->asker.group || attributes.inode != opened.inode)
		return "a new file is somebody else's";
	return path_remove_at(&new) || path_attributes_at(&new, 0, &attributes) != -ENOENT ? "a name is not gone" : NULL;
}

/* What is allowed by the one group that it asserts, and what is not. */
static const char *groups(struct user *user)
{
	unsigned own = (unsigned)(user - users), other = (own + 1) % USERS;
	char mine[] = "/groups/00", others[] = "/groups/00", foreign[] = "/users/00/secret";
	struct path path = path_from(user, numbered(mine, sizeof(mine), own)), refused = path_from(user, numbered(others, sizeof(others), other));
	struct path secret = path_from(user, foreign);
	struct file_change change = {.mask = ATTRIBUTE_GROUP, .group = user->group};
	struct file_opened opened;
	int file = file_open_at(&path, OPEN_READ, 0, &opened);

	foreign[7] = (char)('0' + other / 10);
	foreign[8] = (char)('0' + other % 10);
	user->error = file;
	if (file < 0 || file_close(file))
		return "the file of its group cannot be opened";
	user->error = file_open_at(&refused, OPEN_READ, 0, &opened);
	if (user->error != -EACCES)
		return "a file of another group is not refused";
	user->error = file_open_at(&secret, OPEN_READ, 0, &opened);
	if (user->error != -EACCES)
		return "a file of another user is not refused";
	path = path_from(user, "log");
	file = file_open_at(&path, OPEN_READ, 0, &opened);
	user->error = file < 0 ? file : file_change(file, &user->asker, &change);
	if (user->error)
		return "a file cannot be given to its group";
	change.group = users[other].group;
	user->error = file_change(file, &user->asker, &change);
	if (user->error != -EPERM)
		return "a file can be given to the group of others";
	return file_close(file) ? "the file cannot be closed" : NULL;
}

static void user_run(void *argument)
{
	struct user *user = argument;

	while (!user->wrong && (storm ? !whistle_blown() : user->rounds < ROUNDS)) {
		service_alive();
		user->wrong = appends(user);
		if (!user->wrong)
			user->wrong = names(user);
		if (!user->wrong)
			user->wrong = groups(user);
		user->rounds++;
		if (user == users)
			log_print("round %u\n", user->rounds);
		fiber_yield();
	}
	user->ended = true;
}

/* As root: the directory of a user, with a secret, and the file of its group. */
static bool user_make(unsigned number)
{
	struct user *user = &users[number];
	char home[] = "/users/00", hidden[] = "/users/00/secret", of_group[] = "/groups/00";
	struct path place = {.asker = &root, .start = PATH_ROOT, .root = PATH_ROOT, .text = numbered(home, sizeof(home), number)};
	struct path shared = {.asker = &root, .start = PATH_ROOT, .root = PATH_ROOT, .text = numbered(of_group, sizeof(of_group), number)};
	struct path secret = {.asker = &root, .start = PATH_ROOT, .root = PATH_ROOT, .text = hidden};
	struct file_opened opened;
	int file;

	hidden[7] = home[7];
	hidden[8] = home[8];
	user->group = 2000 + number;
	user->asker = (struct asker){.user = 1000 + number, .group = 100, .group_count = 1, .groups = &user->group};
	if (path_make_directory_at(&place, 0755) || path_change_owner_at(&place, 0, user->asker.user, user->asker.group))
		return false;
	user->directory = file_open_at(&place, OPEN_READ | OPEN_DIRECTORY, 0, &opened);
	file = file_open_at(&shared, OPEN_WRITE | OPEN_CREATE, 0040, &opened);
	fiber_create(&user->fiber, stacks[number], STACK_BYTES);
	if (file_close(file_open_at(&secret, OPEN_WRITE | OPEN_CREATE, 0600, &opened)))
		return false;
	return user->directory >= 0 && file >= 0 && file_close(file) == 0 && path_change_owner_at(&shared, 0, 0, user->group) == 0;
}

static bool users_make(void)
{
	if (file_start() || path_make_directory("/users", 0755) || path_make_directory("/groups", 0755))
		return false;
	for (unsigned i = 0; i < USERS; i++)
		if (!user_make(i))
			return false;
	return true;
}

static unsigned users_waiting(void)
{
	unsigned count = 0;

	for (unsigned i = 0; i < USERS; i++)
		count += !users[i].ended;
	return count;
}

/* The event loop. */
static void users_serve(void)
{
	struct request request;

	for (unsigned i = 0; i < USERS; i++)
		fiber_start(&users[i].fiber, user_run, &users[i]);
	fibers_run();
	while (users_waiting()) {
		most_waiting = users_waiting() > most_waiting ? users_waiting() : most_waiting;
		if (service_receive(&request) == OK && request.kind == MESSAGE_NOTIFICATION)
			file_signalled(request.data[0]);
		fibers_run();
	}
}

static void check(bool holds, const char *id, const char *sentence, unsigned *failed)
{
	*failed += !holds;
	log_print("%sok %s %s\n", holds ? "" : "not ", id, sentence);
}

int main(void)
{
	uint64_t data[MESSAGE_REGISTER_WORDS] = {0};
	unsigned failed = 0, wrong = 0;

	log_print("1..3\n");
	check(users_make(), "fibers-begin", "a client that asks for others makes their files", &failed);
	storm = start_find("heap") && start_find("heap")->bytes >= STORM_HEAP;
	if (!failed)
		users_serve();
	for (unsigned i = 0; i < USERS; i++)
		if (users[i].wrong) {
			log_print("# user %u, round %u: %s (%d)\n", (uint64_t)i, users[i].rounds, users[i].wrong, users[i].error);
			wrong++;
		}
	log_print("%u rounds of the first, at most %u waited at a time\n", users[0].rounds, (uint64_t)most_waiting);
	check(!wrong, "fibers-right", "each user gets what is its own, and nothing else", &failed);
	check(most_waiting > 1, "fibers-wait", "while one waits for the disk, others go on", &failed);
	data[0] = failed;
	return service_call(start_session("console"), CONSOLE_END, 1, data) != OK;
}
