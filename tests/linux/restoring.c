// SPDX-License-Identifier: MIT
/* What programs use that restore others as they were: prctl(PR_SET_MM), the number that the next process or object of System V IPC is to have; and limits of a user's pipes. */
#include "check.h"
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/wait.h>

#ifndef PR_SET_MM_MAP
#define PR_SET_MM_MAP 14
#define PR_SET_MM_MAP_SIZE 15
#endif

#define PAGE 4096
#define STRANGER 1000
#define LOWEST ((void *)0x1000) /* below vm.mmap_min_addr */
#define TOP ((void *)0x7ffffffff000)

static char *text_of(const char *path)
{
	static char text[4096];
	int file = open(path, O_RDONLY);
	ssize_t bytes = file < 0 ? 0 : read(file, text, sizeof(text) - 1);

	text[bytes > 0 ? bytes : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	if (file >= 0)
		close(file);
	return text;
}

static int text_put(const char *path, const char *text)
{
	int file = open(path, O_WRONLY), error;

	errno = 0;
	error = file < 0 || write(file, text, strlen(text)) < 0 ? errno : 0;
	if (file >= 0)
		close(file);
	return error;
}

static void write_show(const char *path, const char *text)
{
	int error = text_put(path, text);

	SHOW(path, "%s: %s, then %s", text, error ? check_errno_name(error) : "taken", text_of(path));
}

static void layout(void)
{
	static const int parts[] = {PR_SET_MM_START_CODE, PR_SET_MM_END_CODE, PR_SET_MM_START_DATA, PR_SET_MM_END_DATA, PR_SET_MM_START_STACK, PR_SET_MM_START_BRK, PR_SET_MM_BRK, PR_SET_MM_ARG_START, PR_SET_MM_ARG_END, PR_SET_MM_ENV_START, PR_SET_MM_ENV_END};
	char *words = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); /* Linux shows what is in no file */
	unsigned int size = 0;
	unsigned long pairs[4] = {6, PAGE, 0, 0};

	memcpy(words, "another\0command line", 21);
	for (unsigned i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		CALL(prctl, PR_SET_MM, parts[i], LOWEST, 0, 0);
		CALL(prctl, PR_SET_MM, parts[i], TOP, 0, 0);
		CALL(prctl, PR_SET_MM, parts[i], words, 1, 0);
		CALL(prctl, PR_SET_MM, parts[i], words, 0, 1);
	}
	CALL(prctl, PR_SET_MM, 0, words, 0, 0);
	CALL(prctl, PR_SET_MM, 99, words, 0, 0);
	CALL(prctl, PR_SET_MM, PR_SET_MM_END_CODE, LOWEST + 0x10000, 0, 0);
	CALL(prctl, PR_SET_MM, PR_SET_MM_MAP_SIZE, &size, 0, 0);
	SHOW("size", "%u", size);
	CALL(prctl, PR_SET_MM, PR_SET_MM_MAP_SIZE, BAD_ADDRESS, 0, 0);
	CALL(prctl, PR_SET_MM, PR_SET_MM_MAP, words, 1, 0);
	CALL(prctl, PR_SET_MM, PR_SET_MM_MAP, BAD_ADDRESS, size, 0);
	CALL(prctl, PR_SET_MM, PR_SET_MM_AUXV, NULL, 16, 0);
	CALL(prctl, PR_SET_MM, PR_SET_MM_AUXV, BAD_ADDRESS, 16, 0);
	CALL(prctl, PR_SET_MM, PR_SET_MM_AUXV, words, 4096, 0);
	CALL(prctl, PR_SET_MM, PR_SET_MM_AUXV, pairs, sizeof(pairs), 0);
	SHOW("auxv", "%d", text_of("/proc/self/auxv")[0]);
	CALL(prctl, PR_SET_MM, PR_SET_MM_ARG_START, words, 0, 0);
	CALL(prctl, PR_SET_MM, PR_SET_MM_ARG_END, words + 21, 0, 0);
	SHOW("cmdline", "%s", text_of("/proc/self/cmdline"));
}

/* All at once, as it was told one by one: the arguments of a program in the place of its environment. */
static void layout_whole(void)
{
	char *area = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct {
		unsigned long words[11];
		unsigned long auxiliary;
		unsigned int auxiliary_bytes, file;
	} whole = {.file = (unsigned int)-1};

	for (unsigned i = 0; i < 11; i++)
		whole.words[i] = (unsigned long)area + i;
	strcpy(area + 7, "x");
	CALL(prctl, PR_SET_MM, PR_SET_MM_MAP, &whole, sizeof(whole), 0);
	SHOW("cmdline", "%d", text_of("/proc/self/cmdline")[0]);
	whole.words[0] = whole.words[1];
	CALL(prctl, PR_SET_MM, PR_SET_MM_MAP, &whole, sizeof(whole), 0);
	whole.words[0] = 0;
	CALL(prctl, PR_SET_MM, PR_SET_MM_MAP, &whole, sizeof(whole), 0);
	whole.words[0] = (unsigned long)area;
	whole.auxiliary_bytes = 16;
	CALL(prctl, PR_SET_MM, PR_SET_MM_MAP, &whole, sizeof(whole), 0);
	whole.auxiliary = (unsigned long)BAD_ADDRESS;
	CALL(prctl, PR_SET_MM, PR_SET_MM_MAP, &whole, sizeof(whole), 0);
	check_become(STRANGER);
	CALL(prctl, PR_SET_MM, PR_SET_MM_START_CODE, area, 0, 0);
}

static void next_ids(void)
{
	static const char *const paths[] = {"/proc/sys/kernel/shm_next_id", "/proc/sys/kernel/msg_next_id", "/proc/sys/kernel/sem_next_id"};
	int first, second;

	for (int i = 0; i < 3; i++) {
		SHOW(paths[i], "%s", text_of(paths[i]));
		write_show(paths[i], "-1");
		write_show(paths[i], "x");
		write_show(paths[i], "2147483648");
		write_show(paths[i], "98765");
		first = i == 0 ? shmget(IPC_PRIVATE, PAGE, 0600) : i == 1 ? msgget(IPC_PRIVATE, 0600) : semget(IPC_PRIVATE, 1, 0600);
		SHOW("the number", "%d, then %s", first, text_of(paths[i]));
		write_show(paths[i], "98765");
		second = i == 0 ? shmget(IPC_PRIVATE, PAGE, 0600) : i == 1 ? msgget(IPC_PRIVATE, 0600) : semget(IPC_PRIVATE, 1, 0600);
		SHOW("taken already", "%d", second);
		for (int k = 0; k < 2; k++)
			SHOW("gone", "%d", i == 0 ? shmctl(k ? second : first, IPC_RMID, NULL) : i == 1 ? msgctl(k ? second : first, IPC_RMID, NULL) : semctl(k ? second : first, 0, IPC_RMID));
	}
}

static void last_process(void)
{
	int status = 0;
	pid_t child;

	SHOW("a number", "%d", atoi(text_of("/proc/sys/kernel/ns_last_pid")) >= getpid());
	SHOW("taken", "%d", text_put("/proc/sys/kernel/ns_last_pid", "21000"));
	child = fork();
	if (child == 0)
		_exit(0);
	waitpid(child, &status, 0);
	SHOW("the next process", "%d", child == 21001);
	SHOW("none", "%s", check_errno_name(text_put("/proc/sys/kernel/ns_last_pid", "-1")));
}

static int pipe_size(int ends[2])
{
	return pipe(ends) < 0 ? -errno : fcntl(ends[0], F_GETPIPE_SZ);
}

static void pipes_of_stranger(void)
{
	int first[2], second[2], third[2];

	check_become(STRANGER);
	SHOW("first", "%d", pipe_size(first));
	SHOW("second", "%d", pipe_size(second));
	SHOW("grown", "%d, %s", fcntl(second[0], F_SETPIPE_SZ, 65536), check_errno_name(errno));
	SHOW("smaller", "%d", fcntl(first[0], F_SETPIPE_SZ, PAGE));
	SHOW("third", "%d", pipe_size(third));
}

static void pipes(void)
{
	int ends[2];

	SHOW("soft", "%s", text_of("/proc/sys/fs/pipe-user-pages-soft"));
	SHOW("hard", "%s", text_of("/proc/sys/fs/pipe-user-pages-hard"));
	write_show("/proc/sys/fs/pipe-user-pages-soft", "16");
	SHOW("root", "%d", pipe_size(ends));
	CHILD("beyond the soft limit", pipes_of_stranger());
	write_show("/proc/sys/fs/pipe-user-pages-soft", "0");
	write_show("/proc/sys/fs/pipe-user-pages-hard", "20");
	CHILD("beyond the hard limit", pipes_of_stranger());
	write_show("/proc/sys/fs/pipe-user-pages-hard", "0");
	write_show("/proc/sys/fs/pipe-user-pages-soft", "16384");
}

static void console(void)
{
	int level = 0, message = 0, least = 0, first = 0;
	char before[64];

	snprintf(before, sizeof(before), "%s", text_of("/proc/sys/kernel/printk"));
	SHOW("printk", "%d, least %d", sscanf(before, "%d %d %d %d", &level, &message, &least, &first), least);
	SHOW("written", "%d", text_put("/proc/sys/kernel/printk", "3"));
	SHOW("level", "%d", atoi(text_of("/proc/sys/kernel/printk")));
	text_put("/proc/sys/kernel/printk", before);
	SHOW("again", "%d", strcmp(before, text_of("/proc/sys/kernel/printk")));
}

int main(void)
{
	CHILD("layout", layout());
	CHILD("whole", layout_whole());
	next_ids();
	last_process();
	pipes();
	console();
	return 0;
}
