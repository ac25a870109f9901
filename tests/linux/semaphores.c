/* SPDX-License-Identifier: MIT */
/* System V semaphores: semget, semop, semtimedop, semctl, SEM_UNDO, limits, /proc/sysvipc/sem. */
#include "places.h"
#include "waiting.h"

#include <sched.h>
#include <sys/ipc.h>
#include <sys/sem.h>

#define KEY 0x4b6f7a6f
#define NOBODY 1000
#define HIGHEST 32767 /* SEMVMX */
#define OPERATIONS(...) ((struct sembuf[]){__VA_ARGS__})
#define ONE(number, operation, flags) OPERATIONS({number, operation, flags})
#define SEMOP(id, ...) check_result("semop", #id ", " #__VA_ARGS__, syscall(SYS_semop, id, OPERATIONS(__VA_ARGS__), sizeof(OPERATIONS(__VA_ARGS__)) / sizeof(struct sembuf)), 1)

static const struct timespec moment = {.tv_nsec = 30000000}, never = {.tv_sec = 1000};

static int set_make(int count)
{
	return (int)syscall(SYS_semget, IPC_PRIVATE, count, IPC_CREAT | 0600);
}

static void set_remove(int set)
{
	if (syscall(SYS_semctl, set, 0, IPC_RMID, 0))
		check_print("a set cannot be removed: %s\n", check_errno_name(errno));
}

static void values_show(const char *what, int set, int count)
{
	check_print("%s:", what);
	for (int i = 0; i < count; i++)
		check_print(" %ld", syscall(SYS_semctl, set, i, GETVAL, 0));
	check_print("\n");
}

static void making(void)
{
	int set = (int)GOOD(semget, KEY, 3, IPC_CREAT | IPC_EXCL | 0640), other, again;

	GOOD(semget, KEY, 3, IPC_CREAT | IPC_EXCL | 0640);
	GOOD(semget, KEY, 3, IPC_CREAT | 0640);
	GOOD(semget, KEY, 2, 0);
	GOOD(semget, KEY, 0, 0);
	GOOD(semget, KEY, 4, 0);
	GOOD(semget, KEY, 4, IPC_CREAT | IPC_EXCL);
	GOOD(semget, KEY + 1, 3, 0);
	GOOD(semget, KEY + 1, 0, IPC_CREAT);
	GOOD(semget, KEY + 1, -1, IPC_CREAT);
	GOOD(semget, KEY + 1, 32001, IPC_CREAT);
	GOOD(semget, IPC_PRIVATE, 0, IPC_CREAT);
	CHILD("a stranger", check_become(NOBODY); GOOD(semget, KEY, 3, 0); GOOD(semget, KEY, 3, 0400); GOOD(semget, KEY, 4, 0400); GOOD(semget, KEY, 3, 0004));
	other = set_make(32000);
	SHOW("the largest set", "%ld", syscall(SYS_semctl, other, 31999, SETVAL, 7));
	SHOW("its last value", "%ld", syscall(SYS_semctl, other, 31999, GETVAL, 0));
	set_remove(other);
	again = set_make(1);
	SHOW("numbers are not soon used again", "%d", again != other);
	set_remove(again);
	set_remove(set);
	GOOD(semget, KEY, 3, 0);
}

static void operating(void)
{
	int set = set_make(3);
	struct sembuf many[501];

	for (int i = 0; i < 501; i++)
		many[i] = (struct sembuf){0, 0, IPC_NOWAIT};
	SEMOP(set, {0, 5, 0});
	SEMOP(set, {0, -2, 0}, {1, 1, 0}, {2, 0, 0});
	values_show("after three operations", set, 3);
	SEMOP(set, {0, -1, 0}, {1, -2, IPC_NOWAIT});
	values_show("all or nothing", set, 3);
	SEMOP(set, {0, -4, IPC_NOWAIT});
	SEMOP(set, {0, 0, IPC_NOWAIT});
	SEMOP(set, {0, -3, IPC_NOWAIT}, {0, 0, IPC_NOWAIT}, {0, 3, 0});
	values_show("one semaphore three times", set, 3);
	SEMOP(set, {0, 1, 0}, {0, HIGHEST, 0});
	SEMOP(set, {2, HIGHEST, 0});
	SEMOP(set, {2, 1, 0});
	SEMOP(set, {1, 1, 0}, {2, 1, 0});
	values_show("at the highest value", set, 3);
	SEMOP(set, {3, 1, 0});
	SEMOP(set, {65535, 0, IPC_NOWAIT});
	CALL(semop, set, many, 0);
	CALL(semop, set, many, 501);
	CALL(semop, set, many, 500);
	CALL(semop, set, BAD_ADDRESS, 1);
	CALL(semop, set, KERNEL_ADDRESS, 1);
	CALL(semop, set, NULL, 1);
	CALL(semop, set, check_border() - 4, 1);
	CALL(semop, -1, many, 1);
	CALL(semop, set + 32768, many, 1);
	CALL(semop, -1, many, 501);
	CALL(semop, -1, BAD_ADDRESS, 1);
	CALL(semtimedop, set, ONE(0, -100, 0), 1, &moment);
	CALL(semtimedop, set, ONE(0, -1, 0), 1, &moment);
	CALL(semtimedop, set, ONE(0, -100, 0), 1, BAD_ADDRESS);
	CALL(semtimedop, set, ONE(0, -100, 0), 1, (&(struct timespec){.tv_nsec = 1000000000}));
	CALL(semtimedop, set, ONE(0, -100, 0), 1, (&(struct timespec){.tv_sec = -1}));
	CALL(semtimedop, set, many, 501, BAD_ADDRESS);
	CALL(semtimedop, set, many, 0, (&(struct timespec){.tv_sec = -1}));
	CALL(semtimedop, set, ONE(0, 1, 0), 1, NULL);
	CALL(semtimedop, set, many, 501, &never);
	CALL(semtimedop, set, ONE(3, 1, 0), 1, &never);
	CALL(semtimedop, set, ONE(2, 1, 0), 1, &never);
	CHILD("a stranger", check_become(NOBODY); SEMOP(set, {0, 1, 0}); SEMOP(set, {1, 0, IPC_NOWAIT}); SEMOP(set, {7, 1, 0}); CALL(semtimedop, set, ONE(0, 1, 0), 1, &never));
	set_remove(set);
	SEMOP(set, {0, 1, 0});
}

/* Prints with what a waiting child ended. */
static void waiting(void)
{
	int set = set_make(2);
	pid_t child, other;

	WAITING_CHILD(child, SEMOP(set, {0, -2, 0}); _exit((int)syscall(SYS_semctl, set, 0, GETVAL, 0)));
	SHOW("who waits for more, for zero", "%ld %ld", syscall(SYS_semctl, set, 0, GETNCNT, 0), syscall(SYS_semctl, set, 0, GETZCNT, 0));
	SEMOP(set, {0, 1, 0});
	SHOW("not enough", "%ld", syscall(SYS_semctl, set, 0, GETNCNT, 0));
	SEMOP(set, {0, 2, 0});
	check_end("that waited for two", child);
	WAITING_CHILD(child, SEMOP(set, {0, 0, 0}));
	SHOW("who waits for more, for zero", "%ld %ld", syscall(SYS_semctl, set, 0, GETNCNT, 0), syscall(SYS_semctl, set, 0, GETZCNT, 0));
	SEMOP(set, {0, -1, 0});
	check_end("that waited for zero", child);
	WAITING_CHILD(child, SEMOP(set, {0, 0, 0}, {1, -1, 0}));
	SHOW("blocked by the second", "%ld %ld", syscall(SYS_semctl, set, 0, GETZCNT, 0), syscall(SYS_semctl, set, 1, GETNCNT, 0));
	SEMOP(set, {0, 1, 0}, {1, 1, 0});
	SHOW("blocked by the first", "%ld %ld", syscall(SYS_semctl, set, 0, GETZCNT, 0), syscall(SYS_semctl, set, 1, GETNCNT, 0));
	SEMOP(set, {0, -1, 0});
	check_end("that waited for both", child);
	values_show("and then", set, 2);
	WAITING_CHILD(child, SEMOP(set, {0, -1, 0}); SEMOP(set, {1, 1, 0}));
	WAITING_CHILD(other, SEMOP(set, {1, -1, 0}));
	SHOW("a chain of two", "%ld %ld", syscall(SYS_semctl, set, 0, GETNCNT, 0), syscall(SYS_semctl, set, 1, GETNCNT, 0));
	CALL(semctl, set, 0, SETVAL, 1);
	check_end("the first", child);
	check_end("the second", other);
	WAITING_CHILD(child, SEMOP(set, {0, -1, 0}, {0, HIGHEST, 0}, {0, 1, 0}));
	SEMOP(set, {0, 1, 0});
	check_end("whose operations became too large", child);
	WAITING_CHILD(child, CALL(semtimedop, set, ONE(0, -7, 0), 1, &never));
	CALL(semctl, set, 0, SETALL, ((unsigned short[]){7, 0}));
	check_end("whom SETALL frees", child);
	WAITING_CHILD(child, SEMOP(set, {0, -1, 0}));
	WAITING_CHILD(other, CALL(semtimedop, set, ONE(0, -1, 0), 1, &never));
	set_remove(set);
	check_end("whose set went", child);
	check_end("whose set went too", other);
}

/* The oldest that can go on goes on; who waits for zero sees it. */
static void order(void)
{
	int set = set_make(2);
	pid_t first, second, zero;

	WAITING_CHILD(first, SEMOP(set, {0, -2, 0}); SEMOP(set, {1, 1, 0}));
	WAITING_CHILD(second, SEMOP(set, {0, -1, 0}); SEMOP(set, {1, 2, 0}));
	SEMOP(set, {0, 1, 0});
	check_end("that wanted less", second);
	SEMOP(set, {0, 2, 0});
	check_end("that wanted more", first);
	values_show("both", set, 2);
	SEMOP(set, {0, 1, 0});
	WAITING_CHILD(first, SEMOP(set, {0, 0, 0}, {0, 1, 0}));
	WAITING_CHILD(zero, SEMOP(set, {0, 0, 0}));
	SEMOP(set, {0, -1, 0});
	check_end("that only waits for zero", zero);
	check_end("that adds to it", first);
	values_show("both", set, 2);
	set_remove(set);
}

static void interrupting(void)
{
	int set = set_make(1);
	pid_t child;

	for (int again = 0; again < 2; again++) {
		WAITING_CHILD(child, check_handle(SIGUSR1, again); SEMOP(set, {0, -1, 0}));
		kill(child, SIGUSR1);
		check_end("that was interrupted", child);
	}
	WAITING_CHILD(child, check_handle(SIGUSR1, 1); CALL(semtimedop, set, ONE(0, -1, 0), 1, &never));
	kill(child, SIGUSR1);
	check_end("that was interrupted", child);
	WAITING_CHILD(child, SEMOP(set, {0, -1, SEM_UNDO}));
	kill(child, SIGKILL);
	check_end("that was killed", child);
	SHOW("nobody waits", "%ld", syscall(SYS_semctl, set, 0, GETNCNT, 0));
	WAITING_CHILD(child, SEMOP(set, {0, -1, 0}));
	kill(child, SIGSTOP);
	waitpid(child, NULL, WUNTRACED);
	kill(child, SIGCONT);
	check_sleeps(child);
	SEMOP(set, {0, 1, IPC_NOWAIT});
	check_end("that was stopped", child);
	set_remove(set);
}

static int sharing(void *set)
{
	SEMOP(*(int *)set, {0, -3, SEM_UNDO});
	syscall(SYS_exit, 0);
	return 0;
}

static void undoing(void)
{
	int set = set_make(3);
	static char stack[16384] __attribute__((aligned(16)));
	pid_t child;

	syscall(SYS_semctl, set, 0, SETALL, ((unsigned short[]){10, 10, 0}));
	CHILD("that takes", SEMOP(set, {0, -4, SEM_UNDO}, {1, -1, 0}); SEMOP(set, {0, 1, SEM_UNDO}, {2, 5, SEM_UNDO}); values_show("in it", set, 3));
	values_show("its end undoes", set, 3);
	CHILD("that has a child", SEMOP(set, {0, -4, SEM_UNDO}); CHILD("which has nothing to undo", ); values_show("still taken", set, 3); execl("/bin/true", "true", (char *)NULL));
	values_show("its end after execve undoes", set, 3);
	CHILD("whose value was set", SEMOP(set, {0, -4, SEM_UNDO}, {1, -4, SEM_UNDO}); syscall(SYS_semctl, set, 0, SETVAL, 3));
	values_show("nothing is undone of that one", set, 3);
	CHILD("whose values were set", SEMOP(set, {0, -1, SEM_UNDO}); syscall(SYS_semctl, set, 0, SETALL, ((unsigned short[]){1, 2, 3})));
	values_show("nothing is undone of any", set, 3);
	CHILD("who gave what others took", SEMOP(set, {0, 5, SEM_UNDO}); CHILD("", SEMOP(set, {0, -4, 0})));
	values_show("not below zero", set, 3);
	syscall(SYS_semctl, set, 0, SETALL, ((unsigned short[]){HIGHEST, 0, 0}));
	CHILD("who took what others gave", SEMOP(set, {0, -5, SEM_UNDO}); CHILD("", SEMOP(set, {0, 3, 0})));
	values_show("not above the highest", set, 3);
	syscall(SYS_semctl, set, 0, SETALL, ((unsigned short[]){0, 0, 0}));
	CHILD("who adjusts too much", SEMOP(set, {0, HIGHEST, SEM_UNDO}); SEMOP(set, {0, -HIGHEST, 0}); SEMOP(set, {0, 1, SEM_UNDO}); SEMOP(set, {0, 2, SEM_UNDO});
	      SEMOP(set, {0, HIGHEST, 0}, {0, -HIGHEST, 0}, {0, 1, 0}, {0, 1, SEM_UNDO}));
	values_show("and in the end", set, 3);
	WAITING_CHILD(child, SEMOP(set, {1, -1, 0}));
	CHILD("whose end frees another", SEMOP(set, {2, 3, 0}); SEMOP(set, {1, 1, 0}, {1, -1, SEM_UNDO}));
	check_end("that was freed", child);
	CHILD("whose set goes", int gone = set_make(1); SEMOP(gone, {0, 1, SEM_UNDO}); set_remove(gone));
	syscall(SYS_semctl, set, 0, SETVAL, 9);
	CHILD("that shares by CLONE_SYSVSEM", check_wait("", clone(sharing, stack + sizeof(stack), CLONE_VM | CLONE_SYSVSEM | SIGCHLD, &set)); values_show("not undone yet", set, 1));
	values_show("the last one's end undoes", set, 1);
	CHILD("that shares nothing", check_wait("", clone(sharing, stack + sizeof(stack), CLONE_VM | SIGCHLD, &set)); values_show("undone", set, 1));
	set_remove(set);
}

static void telling(void)
{
	int set = set_make(3);
	unsigned short values[3] = {0};
	struct semid_ds state;
	pid_t child;

	CALL(semctl, set, 0, SETALL, ((unsigned short[]){1, 2, 3}));
	CALL(semctl, set, 0, GETALL, values);
	SHOW("values", "%d %d %d", values[0], values[1], values[2]);
	CALL(semctl, set, 0, SETALL, ((unsigned short[]){1, 32768, 3}));
	CALL(semctl, set, 0, SETALL, BAD_ADDRESS);
	CALL(semctl, set, 0, GETALL, BAD_ADDRESS);
	CALL(semctl, set, 99, GETALL, values);
	CALL(semctl, set, 1, SETVAL, HIGHEST);
	CALL(semctl, set, 1, SETVAL, HIGHEST + 1);
	CALL(semctl, set, 1, SETVAL, -1);
	CALL(semctl, set, 3, SETVAL, 0);
	CALL(semctl, set, -1, SETVAL, 0);
	CALL(semctl, set, 3, SETVAL, -1);
	CALL(semctl, set, 3, GETVAL, 0);
	CALL(semctl, set, -1, GETVAL, 0);
	CALL(semctl, set, 3, GETPID, 0);
	CALL(semctl, set, 3, GETNCNT, 0);
	CALL(semctl, set, 3, GETZCNT, 0);
	SHOW("the last to set it", "%d", syscall(SYS_semctl, set, 0, GETPID, 0) == getpid());
	child = fork();
	if (!child)
		_exit((int)syscall(SYS_semop, set, OPERATIONS({0, 1, 0}, {2, 0, IPC_NOWAIT}), 2) + (int)syscall(SYS_semop, set, ONE(2, -3, 0), 1));
	waitpid(child, NULL, 0);
	SHOW("the last to operate", "%d %d %d", syscall(SYS_semctl, set, 0, GETPID, 0) == child, syscall(SYS_semctl, set, 1, GETPID, 0) == getpid(), syscall(SYS_semctl, set, 2, GETPID, 0) == child);
	CALL(semctl, set, 0, IPC_STAT, &state);
	SHOW("state", "%ld semaphores, mode %o, operated on %d, changed %d, owner %d %d %d %d", (long)state.sem_nsems, state.sem_perm.mode, state.sem_otime > 0, state.sem_ctime > 0, state.sem_perm.uid, state.sem_perm.gid,
	     state.sem_perm.cuid, state.sem_perm.cgid);
	CALL(semctl, set, 0, IPC_STAT, BAD_ADDRESS);
	CALL(semctl, -1, 0, IPC_STAT, &state);
	CALL(semctl, set + 32768, 0, IPC_STAT, &state);
	CALL(semctl, set, 0, 99, 0);
	CALL(semctl, set, 0, -1, 0);
	CALL(semctl, set + 32768, 0, GETVAL, 0);
	CALL(semctl, set + 32768, 0, SETVAL, 0);
	CALL(semctl, set + 32768, 0, SETALL, values);
	CALL(semctl, set + 32768, 0, IPC_SET, &state);
	CALL(semctl, set + 32768, 0, IPC_RMID, 0);
	CALL(semctl, set, 0, IPC_SET, BAD_ADDRESS);
	set_remove(set);
	CALL(semctl, set, 0, GETVAL, 0);
}

static void owning(void)
{
	int set = set_make(1), other;
	unsigned short value;
	struct semid_ds state;

	CHILD("a stranger", check_become(NOBODY); CALL(semctl, set, 0, GETVAL, 0); CALL(semctl, set, 0, SETVAL, 1); CALL(semctl, set, 0, SETVAL, -1); CALL(semctl, set, 7, SETVAL, 0); CALL(semctl, set, 0, GETALL, &value);
	      CALL(semctl, set, 0, SETALL, &value); CALL(semctl, set, 0, IPC_STAT, &state); CALL(semctl, set, 0, IPC_SET, &state); CALL(semctl, set, 0, IPC_RMID, 0); CALL(semctl, set, 0, GETPID, 0);
	      CALL(semctl, set, 0, IPC_SET, BAD_ADDRESS));
	syscall(SYS_semctl, set, 0, IPC_STAT, &state);
	state.sem_perm.uid = NOBODY;
	state.sem_perm.mode = 01640;
	CALL(semctl, set, 0, IPC_SET, &state);
	syscall(SYS_semctl, set, 0, IPC_STAT, &state);
	SHOW("given away", "mode %o, owner %d %d %d", state.sem_perm.mode, state.sem_perm.uid, state.sem_perm.gid, state.sem_perm.cuid);
	CHILD("the owner", check_become(NOBODY); CALL(semctl, set, 0, SETVAL, 4); state.sem_perm.mode = 0004; CALL(semctl, set, 0, IPC_SET, &state); CALL(semctl, set, 0, GETVAL, 0));
	CHILD("another", check_become(NOBODY + 1); CALL(semctl, set, 0, GETVAL, 0); CALL(semctl, set, 0, SETVAL, 0); SEMOP(set, {0, 0, IPC_NOWAIT}); SEMOP(set, {0, 1, 0}));
	CHILD("of the group", syscall(SYS_setgroups, 0, NULL); syscall(SYS_setresuid, NOBODY + 1, NOBODY + 1, NOBODY + 1); CALL(semctl, set, 0, GETVAL, 0));
	state.sem_perm.uid = (uid_t)-1;
	CALL(semctl, set, 0, IPC_SET, &state);
	state.sem_perm.uid = 0;
	state.sem_perm.gid = (gid_t)-1;
	CALL(semctl, set, 0, IPC_SET, &state);
	other = (int)GOOD(semget, IPC_PRIVATE, 1, 0040);
	CHILD("of the group for files", syscall(SYS_setgroups, 0, NULL); syscall(SYS_setresgid, NOBODY, NOBODY, NOBODY); syscall(SYS_setfsgid, 0); syscall(SYS_setresuid, NOBODY, NOBODY, NOBODY); CALL(semctl, other, 0, GETVAL, 0));
	CHILD("of the group", syscall(SYS_setgroups, 0, NULL); syscall(SYS_setfsgid, NOBODY); syscall(SYS_setresuid, NOBODY, NOBODY, NOBODY); CALL(semctl, other, 0, GETVAL, 0));
	set_remove(other);
	CHILD("the owner removes it", check_become(NOBODY); CALL(semctl, set, 0, IPC_RMID, 0));
	CALL(semctl, set, 0, GETVAL, 0);
}

static void limits(void)
{
	struct seminfo info;
	struct semid_ds state;
	int set = set_make(2), other;
	const char *row;
	long highest = syscall(SYS_semctl, 0, 0, IPC_INFO, &info);

	SHOW("limits", "%d %d %d %d %d %d %d %d %d %d", info.semmap, info.semmni, info.semmns, info.semmnu, info.semmsl, info.semopm, info.semume, info.semusz, info.semvmx, info.semaem);
	SHOW("the highest place is told", "%d", highest == check_place(SYS_semctl, set, SEM_STAT));
	CALL(semctl, 0, 0, IPC_INFO, BAD_ADDRESS);
	CALL(semctl, 0, 0, SEM_INFO, BAD_ADDRESS);
	GOOD(semctl, 0, 0, SEM_INFO, &info);
	SHOW("in use", "%d sets, %d semaphores", info.semusz, info.semaem);
	CALL(semctl, -1, 0, IPC_INFO, &info);
	CALL(semctl, 30000, 0, SEM_STAT, &state);
	SHOW("a number stands for its place", "%d", syscall(SYS_semctl, highest + 32768, 0, SEM_STAT, &state) == set);
	CHILD("a stranger", check_become(NOBODY); SHOW("sees places", "%d, and with ANY %d", check_place(SYS_semctl, set, SEM_STAT), check_place(SYS_semctl, set, SEM_STAT_ANY) == highest); CALL(semctl, highest, 0, SEM_STAT, &state));
	check_show_setting("/proc/sys/kernel/sem");
	check_setting("/proc/sys/kernel/sem", "4 7 3 2\n");
	check_show_setting("/proc/sys/kernel/sem");
	GOOD(semget, IPC_PRIVATE, 5, IPC_CREAT);
	other = (int)GOOD(semget, IPC_PRIVATE, 4, IPC_CREAT);
	GOOD(semget, IPC_PRIVATE, 1, IPC_CREAT);
	set_remove(other);
	SEMOP(set, {0, 0, 0}, {0, 0, 0}, {0, 0, 0});
	SEMOP(set, {0, 0, 0}, {0, 0, 0}, {0, 0, 0}, {0, 0, 0});
	check_setting("/proc/sys/kernel/sem", "100\t2\n");
	GOOD(semget, IPC_PRIVATE, 1, IPC_CREAT);
	check_setting("/proc/sys/kernel/sem", "x");
	check_setting("/proc/sys/kernel/sem", "32000 1024000000 500 32000\n");
	check_show_setting("/proc/sys/kernel/sem");
	CHILD("a stranger", check_become(NOBODY); CALL(open, "/proc/sys/kernel/sem", O_WRONLY); GOOD(open, "/proc/sysvipc/sem", O_RDONLY));
	row = check_table("/proc/sysvipc/sem");
	SHOW("the line's beginning", "[%.11s]", row);
	SHOW("its mode to its owner", "[%.38s]", row + 21);
	set_remove(set);
}

int main(void)
{
	making();
	operating();
	waiting();
	order();
	interrupting();
	undoing();
	telling();
	owning();
	limits();
	return 0;
}
