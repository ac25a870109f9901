/* SPDX-License-Identifier: MIT */
/*
 * Remembered answers about paths (lib/path_cache.c) with vfs and ramfs, which publish on what they depend. Users make, move, remove and change files at random, by paths and by open files; vfs and ramfs die in between, mounts come and go. At any time what is remembered and
 * said to hold must be what vfs answers to the same question without any memory. Questions are also asked, and their answers remembered, in the middle of changes: before and after each call that vfs makes of the filesystem, as other fibers of vfs would.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/parked.h"
#include "lib/path_cache.h"
#include "tests/host/vfs/system.h"

#define SEEDS 12
#define STEPS 2500
#define QUESTIONS 16
#define IDS_OF_FILES 3 /* file ids that are opened, from 0; the last is a directory */
#define DIRECTORY 2
#define QUESTION_ID 900  /* under which questions open files */
#define QUESTION_OPENS (1u << 31) /* in the flags of a key: opening it, not its attributes */
#define QUESTION_WORKER 1
#define QUESTION_AT (64 * 1024) /* in the client's buffer */
#define DEPENDS_AT (QUESTION_AT + 8192)
#define ANSWER_AT (QUESTION_AT + 12288)

static const char *const names[] = {"a", "b", "c", "a/b", "a/c", "b/a", "b/c", "a/b/c", "b/a/c", "c/a/b", "a/../b", "a/", "b//c", ".", "m", "m/a", "m/b/c"};
static const struct user users[] = {{.capabilities = UINT32_MAX}, {.user = 5, .group = 5}, {.user = 6, .group = 6, .groups = {5}, .group_count = 1}, {.user = 6, .group = 6, .groups = {7}, .group_count = 1}};
static const uint32_t modes[] = {0755, 0700, 0644, 0711, 0000, 0750, 06755};

static struct system system_under_test;
static struct path_cache cache;
static unsigned random_seed, held, asked, kept, opened;
static uint64_t file_sequence, directory_serial;
static bool questioning;
static char changed_path[64] = "/a"; /* by the request that is under way */

static unsigned below(unsigned limit)
{
	random_seed = random_seed * 1103515245 + 12345;
	return (random_seed >> 8) % limit;
}

#define CHOICE(array) ((array)[below(sizeof(array) / sizeof((array)[0]))])

/* Questions. */

struct question {
	char text[64];
	bool from_directory, opens;
	uint32_t flags;
	const struct user *user;
	struct asker asker;
	struct path_key key;
};

struct answer {
	int64_t result;
	struct attributes attributes;
	uint64_t filesystem;
};

static void question_choose(struct question *question)
{
	const struct user *user = &CHOICE(users);

	*question = (struct question){.user = user, .from_directory = below(4) == 0, .opens = below(8) == 0};
	if (question->opens)
		question->flags = below(3) | (below(3) ? 0 : OPEN_NOFOLLOW);
	else
		question->flags = below(3) ? 0 : PATH_NOFOLLOW;
	strcpy(question->text, question->from_directory ? "" : "/");
	strcat(question->text, CHOICE(names));
	question->asker = (struct asker){user->user, user->group, user->capabilities, user->group_count, user->groups};
	question->key = (struct path_key){&question->asker, question->from_directory ? directory_serial : 0, 0, question->flags | (question->opens ? QUESTION_OPENS : 0), question->text};
}

/* vfs's answer; with `depends`, it also tells on what that depends. Of a file that it opens the type and the inode count; it is closed when the next is opened. */
static struct answer vfs_ask(const struct question *question, bool depends)
{
	struct system *system = &system_under_test;
	struct session_page *page = (struct session_page *)system->buffer;
	struct file_exchange x = {.label = question->opens ? VFS_OPEN : VFS_STAT, .badge = CLIENT_BADGE, .words = 8};
	struct answer answer = {0};

	memcpy(system->buffer + QUESTION_AT, question->text, strlen(question->text));
	memcpy(page->groups, question->user->groups, sizeof(question->user->groups));
	x.data[0] = (uint64_t)QUESTION_WORKER << SEQUENCE_LANE_SHIFT;
	x.data[1] = span_make(QUESTION_AT, strlen(question->text));
	x.data[2] = pair_make(question->from_directory ? DIRECTORY : START_ROOT, START_ROOT);
	x.data[3] = pair_make(question->user->user, question->user->group);
	x.data[4] = pair_make(question->user->capabilities, question->user->group_count);
	x.data[5] = question->flags;
	x.data[6] = question->opens ? QUESTION_ID : ANSWER_AT;
	x.data[7] = depends ? DEPENDS_AT : 0;
	vfs_handle(&system->vfs, QUESTION_WORKER, &x);
	answer.result = (int64_t)x.data[0];
	answer.filesystem = x.data[1];
	if (!answer.result && question->opens)
		answer.attributes = (struct attributes){.mode = (uint32_t)x.data[2], .inode = x.data[3]};
	else if (!answer.result)
		memcpy(&answer.attributes, system->buffer + ANSWER_AT, sizeof(answer.attributes));
	return answer;
}

/* As lib/path.c does it. */
static void ask_and_keep(const struct question *question)
{
	struct session_page *page = (struct session_page *)system_under_test.buffer;
	const struct path_dependencies *told = (const struct path_dependencies *)(system_under_test.buffer + DEPENDS_AT);
	struct path_depend depends[PATH_KNOWN_WORDS] = {{&page->generation, page->generation}, {&page->changes, page->changes}};
	struct answer answer;

	memset(system_under_test.buffer + DEPENDS_AT, 0, sizeof(*told));
	answer = vfs_ask(question, true);
	asked++;
	if ((answer.result && answer.result != -ENOENT) || !told->count)
		return;
	assert_true(!question->opens || (!answer.result && (answer.attributes.mode & MODE_TYPE) == MODE_REGULAR)); /* nothing else can be kept open */
	opened += question->opens;
	assert_true(told->count <= PATH_DEPENDENCIES);
	for (uint64_t i = 0; i < told->count; i++) {
		assert_true(told->dependency[i].badge == 7 && told->dependency[i].index < 2 * GENERATION_BUCKETS);
		depends[2 + i] = (struct path_depend){&system_under_test.world.generations.counter[told->dependency[i].index], told->dependency[i].value};
	}
	path_cache_put(&cache, &question->key, depends, 2 + (uint32_t)told->count, (int)answer.result, &answer.attributes, answer.filesystem);
	kept++;
}

/* What is remembered must be so. */
static void question_put(void)
{
	const struct path_remembered *remembered;
	struct question question;
	struct answer answer;

	question_choose(&question);
	remembered = path_cache_find(&cache, &question.key);
	if (!remembered) {
		ask_and_keep(&question);
		return;
	}
	held++;
	answer = vfs_ask(&question, false);
	if (remembered->result != answer.result || (!answer.result && memcmp(&remembered->attributes, &answer.attributes, sizeof(answer.attributes)) != 0))
		fail_msg("of %s, user %u, flags 0%o, from %s: %d is remembered with mode 0%o, vfs says %d, mode 0%o", question.text, question.user->user, question.key.flags, question.from_directory ? "a directory" : "the root", remembered->result,
			 remembered->attributes.mode, (int)answer.result, answer.attributes.mode);
	if (!answer.result)
		assert_int_equal(remembered->place, answer.filesystem);
}

/*
 * In the middle of a request of vfs. What holds in the middle of a change may be from before it or from after: nobody has been told yet; so answers are remembered only. Often the question is about the path that changes, and is asked before and after the filesystem
 * has done it, when vfs does not know that yet.
 */
static void between(struct system *system, bool after)
{
	static struct question question;
	struct session_page *page = (struct session_page *)system->buffer;
	uint32_t groups[SESSION_GROUPS_MAX];

	if (questioning || below(3) == 0)
		return;
	questioning = true;
	memcpy(groups, page->groups, sizeof(groups));
	if (!after) {
		question_choose(&question);
		if (below(2) && !question.from_directory)
			strcpy(question.text, changed_path);
	}
	question.key.asker = &question.asker;
	question.key.text = question.text;
	ask_and_keep(&question);
	memcpy(page->groups, groups, sizeof(groups));
	questioning = false;
}

/* Changes. */

static void by_path(void)
{
	static const uint64_t labels[] = {VFS_MKDIR, VFS_MKDIR, VFS_UNLINK, VFS_RMDIR, VFS_RENAME, VFS_RENAME, VFS_RENAME, VFS_LINK, VFS_SYMLINK, VFS_CHMOD, VFS_CHMOD, VFS_CHOWN, VFS_TRUNCATE, VFS_UTIMES};
	char path[64] = "/", other[64] = "/";
	struct path_request request = {.label = CHOICE(labels), .path = path, .mode = CHOICE(modes), .user = &users[below(3) ? 0 : below(4)]};

	strcat(path, CHOICE(names));
	strcat(other, CHOICE(names));
	strcpy(changed_path, below(2) ? path : other);
	if (request.label == VFS_RENAME || request.label == VFS_LINK || request.label == VFS_SYMLINK)
		request.text = other;
	if (request.label == VFS_RENAME)
		request.flags = below(4) ? 0 : RENAME_SWAP;
	if (request.label == VFS_CHOWN)
		request.word6 = pair_make(below(3) + 4, below(2) ? UINT32_MAX : 5);
	if (request.label == VFS_TRUNCATE)
		request.word6 = below(3) * 5000;
	if (request.label == VFS_UTIMES) {
		request.mode = ATTRIBUTE_ACCESS_NOW | ATTRIBUTE_MODIFY_NOW;
		request.word6 = RESULT_AT;
	}
	(void)request_send(&system_under_test, &request, NULL);
}

static void by_opening(void)
{
	uint32_t id = below(IDS_OF_FILES);
	char path[64] = "/";
	struct path_request request = {.label = VFS_OPEN, .path = path, .mode = CHOICE(modes), .word6 = id, .user = &root_user};

	strcat(path, CHOICE(names));
	request.flags = id == DIRECTORY ? OPEN_DIRECTORY : OPEN_READ_WRITE | (below(2) ? OPEN_CREATE : 0) | (below(4) ? 0 : OPEN_TRUNCATE);
	if (request_send(&system_under_test, &request, NULL) == 0 && id == DIRECTORY)
		directory_serial++;
}

static void file_send(uint64_t label, uint64_t words, uint64_t word2, uint64_t word3, uint64_t word4, bool numbered)
{
	struct file_exchange x = {.label = label, .badge = CLIENT_BADGE, .words = words, .data = {numbered ? ++file_sequence : 0, below(IDS_OF_FILES), word2, word3, word4, SESSION_DATA, 0, UINT32_MAX}};

	filesystem_handle(&system_under_test.world.server, &x);
}

static void by_open_file(void)
{
	switch (below(7)) {
	case 0:
		file_send(FILE_WRITE, 4, below(2) ? FILE_END : below(9000), span_make(SESSION_DATA, 1 + below(5000)), 0, true);
		break;
	case 1:
		file_send(FILE_READ, 4, 0, span_make(SESSION_DATA, 100), 0, false);
		break;
	case 2:
		file_send(FILE_READDIR, 4, 0, span_make(SESSION_DATA, 4096), 0, false);
		break;
	case 3:
		file_send(FILE_TRUNCATE, 3, below(9000), 0, 0, true);
		break;
	case 4:
		file_send(FILE_ALLOCATE, 5, below(2) ? ALLOCATE_KEEP_SIZE | ALLOCATE_PUNCH_HOLE : 0, below(9000), 1 + below(9000), true);
		break;
	case 5:
		file_send(FILE_CLOSE, 2, 0, 0, 0, false);
		break;
	default:
		file_send(FILE_SETATTR, 8, below(2) ? ATTRIBUTE_MODE : ATTRIBUTE_OWNER, CHOICE(modes), pair_make(below(3) + 4, 5), true);
	}
}

static void vfs_restart(void)
{
	struct session_page *page = (struct session_page *)system_under_test.buffer;

	assert_true(system_restart(&system_under_test));
	page->generation++; /* as lib/file_service.c does before it serves */
}

static void change(void)
{
	struct system *system = &system_under_test;

	system->world.now += below(3);
	switch (below(160)) {
	case 0:
		vfs_restart();
		break;
	case 1:
		world_open(&system->world);
		break;
	case 2:
		(void)request_send(system, &(struct path_request){.label = VFS_MOUNT, .path = below(2) ? "/m" : "/a", .word6 = 7}, NULL);
		break;
	case 3:
	case 4:
		(void)request_send(system, &(struct path_request){.label = VFS_UMOUNT, .path = below(2) ? "/m" : "/a"}, NULL);
		break;
	default:
		if (below(3))
			by_path();
		else if (below(3))
			by_open_file();
		else
			by_opening();
	}
}

static void test_random(void **state)
{
	static struct path_remembered memory[256];

	(void)state;
	for (unsigned seed = 1; seed <= SEEDS; seed++) {
		random_seed = seed;
		directory_serial += 1;
		file_sequence = 0;
		memset(memory, 0, sizeof(memory));
		path_cache_open(&cache, memory, sizeof(memory));
		system_make(&system_under_test);
		system_under_test.between = between;
		for (unsigned i = 0; i < STEPS; i++) {
			change();
			questioning = true;
			for (unsigned k = 0; k < QUESTIONS; k++)
				question_put();
			questioning = false;
		}
		system_free(&system_under_test);
	}
	print_message("# %u answers from memory, %u asked for, of which %u were remembered, %u of these of opening a file\n", held, asked, kept, opened);
	assert_true(opened > 1000);
	assert_true(held > asked / 10); /* or it would prove nothing */
}

/* What must not be told apart, and what must. */
static void test_key(void **state)
{
	static struct path_remembered memory[64];
	static const uint32_t groups[] = {1, 2}, others[] = {1, 3};
	const struct asker asker = {.user = 1, .group_count = 2, .groups = groups}, other = {.user = 1, .group_count = 2, .groups = others};
	const struct path_key key = {&asker, 0, 0, 0, "/usr/bin"};
	struct attributes attributes = {.inode = 3};
	uint64_t word = 5;
	struct path_key different[] = {key, key, key, key, key, key};
	char long_text[200];

	(void)state;
	path_cache_open(&cache, memory, sizeof(memory));
	assert_null(path_cache_find(&cache, &key));
	path_cache_put(&cache, &key, &(struct path_depend){&word, 5}, 1, 0, &attributes, 9);
	assert_non_null(path_cache_find(&cache, &key));
	assert_int_equal(path_cache_find(&cache, &key)->attributes.inode, 3);
	different[0].asker = &other;
	different[1].start = 1;
	different[2].root = 1;
	different[3].flags = PATH_NOFOLLOW;
	different[4].text = "/usr/bi";
	different[5].text = "/usr/bin/";
	for (size_t i = 0; i < sizeof(different) / sizeof(different[0]); i++)
		assert_null(path_cache_find(&cache, &different[i]));
	word++;
	assert_null(path_cache_find(&cache, &key));
	memset(long_text, 'x', sizeof(long_text));
	long_text[sizeof(long_text) - 1] = 0;
	different[0] = (struct path_key){&asker, 0, 0, 0, long_text};
	path_cache_put(&cache, &different[0], &(struct path_depend){&word, 6}, 1, 0, &attributes, 9);
	assert_null(path_cache_find(&cache, &different[0]));
	path_cache_open(&cache, memory, 10);
	path_cache_put(&cache, &key, &(struct path_depend){&word, 6}, 1, 0, &attributes, 9);
	assert_null(path_cache_find(&cache, &key));
}

/* Which entry a file gets: a free one, one that does not hold any more, else the next in turn; and which parked file is found. */
static void test_parked(void **state)
{
	static struct parked_file memory[PARKED_WAYS];
	static const struct asker root = {.capabilities = UINT32_MAX}, user = {.user = 7};
	const struct path_key key = {&root, 0, 0, OPEN_READ, "/a"}, others[] = {{&user, 0, 0, OPEN_READ, "/a"}, {&root, 0, 0, OPEN_WRITE, "/a"}, {&root, 0, 0, OPEN_READ, "/b"}, {&root, 5, 0, OPEN_READ, "/a"}};
	uint64_t words[PARKED_WAYS] = {0};
	struct parked_files files;
	struct path_packed packed;

	(void)state;
	parked_begin(&files, memory, sizeof(memory) - 1);
	assert_int_equal(files.sets, 0);
	parked_begin(&files, memory, sizeof(memory));
	assert_int_equal(files.sets, 1);
	path_pack(&packed, &key);
	assert_null(parked_any(&files));
	for (int i = 0; i < PARKED_WAYS; i++) {
		struct parked_file *entry = parked_choose(&files, &packed);

		assert_int_equal(entry->state, PARKED_FREE);
		path_known_set(&entry->known, &packed, &(struct path_depend){&words[entry - memory], 0}, 1);
		entry->state = PARKED_OPEN;
		assert_null(parked_find(&files, &packed)); /* somebody has it open */
	}
	words[2]++;
	assert_ptr_equal(parked_choose(&files, &packed), &memory[2]);
	words[2]--;
	assert_ptr_not_equal(parked_choose(&files, &packed), parked_choose(&files, &packed));
	assert_null(parked_any(&files));
	memory[3].state = PARKED_CLOSED;
	assert_ptr_equal(parked_any(&files), &memory[3]);
	assert_ptr_equal(parked_find(&files, &packed), &memory[3]);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		path_pack(&packed, &others[i]);
		assert_null(parked_find(&files, &packed));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_key),
		cmocka_unit_test(test_parked),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
