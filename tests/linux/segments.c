/* SPDX-License-Identifier: MIT */
/* System V shared memory beyond tests/linux/memory: owners, limits, places, what is attached where, every errno. */
#include "places.h"
#include "waiting.h"

#include <sys/ipc.h>
#include <sys/resource.h>
#include <sys/shm.h>

#define KEY 0x4b6f7a71
#define NOBODY 1000
#define PAGE 4096

static int segment_make(size_t bytes, int flags)
{
	return (int)syscall(SYS_shmget, IPC_PRIVATE, bytes, IPC_CREAT | flags);
}

static void segment_remove(int segment)
{
	if (syscall(SYS_shmctl, segment, IPC_RMID, NULL))
		check_print("a segment cannot be removed: %s\n", check_errno_name(errno));
}

static void making(void)
{
	int segment = (int)GOOD(shmget, KEY, PAGE, IPC_CREAT | IPC_EXCL | 0640);

	GOOD(shmget, KEY, PAGE, IPC_CREAT | IPC_EXCL | 0640);
	GOOD(shmget, KEY, 2 * PAGE, IPC_CREAT | IPC_EXCL);
	GOOD(shmget, KEY, 0, 0);
	GOOD(shmget, KEY, PAGE + 1, 0);
	GOOD(shmget, KEY + 1, PAGE, 0);
	GOOD(shmget, KEY + 1, 0, IPC_CREAT);
	GOOD(shmget, KEY + 1, -1, IPC_CREAT);
	CHILD("a stranger", check_become(NOBODY); GOOD(shmget, KEY, PAGE, 0); GOOD(shmget, KEY, PAGE, 0400); GOOD(shmget, KEY, 2 * PAGE, 0400));
	segment_remove(segment);
	GOOD(shmget, KEY, PAGE, 0);
}

static void attaching(void)
{
	int segment = segment_make(2 * PAGE, 0600);
	struct rlimit limit = {.rlim_cur = 8 << 20, .rlim_max = 8 << 20};
	char *there = (char *)GOOD(shmat, segment, NULL, 0), *place;

	strcpy(there, "written");
	place = (char *)GOOD(shmat, segment, NULL, SHM_RDONLY);
	SHOW("seen through another attachment", "%s", place);
	CALL(shmdt, place);
	GOOD(shmat, segment, place + 5, SHM_RND);
	CALL(shmdt, place);
	GOOD(shmat, segment, place + 5, 0);
	GOOD(shmat, segment, there, 0);
	GOOD(shmat, segment, there, SHM_REMAP);
	GOOD(shmat, segment, NULL, SHM_REMAP);
	GOOD(shmat, segment, KERNEL_ADDRESS, 0);
	GOOD(shmat, segment, (void *)-PAGE, 0);
	GOOD(shmat, -1, NULL, 0);
	GOOD(shmat, segment + 32768, NULL, 0);
	CALL(shmdt, there + PAGE);
	CALL(shmdt, there + 1);
	CALL(shmdt, NULL);
	CALL(shmdt, KERNEL_ADDRESS);
	CHILD("without room", int large = segment_make(16 << 20, 0600); setrlimit(RLIMIT_AS, &limit); GOOD(shmat, large, NULL, 0); segment_remove(large));
	segment_remove(segment);
	SHOW("removed, and attached", "%s", there);
	GOOD(shmat, segment, NULL, 0);
	CALL(shmdt, there);
	GOOD(shmat, segment, NULL, 0);
}

static void owning(void)
{
	int segment = segment_make(PAGE, 0600);
	struct shmid_ds state;

	CHILD("a stranger", check_become(NOBODY); GOOD(shmat, segment, NULL, 0); GOOD(shmat, segment, NULL, SHM_RDONLY); CALL(shmctl, segment, IPC_STAT, &state); CALL(shmctl, segment, IPC_SET, &state); CALL(shmctl, segment, IPC_RMID, NULL);
	      CALL(shmctl, segment, SHM_LOCK, NULL); CALL(shmctl, segment, SHM_UNLOCK, NULL));
	CALL(shmctl, segment, IPC_STAT, &state);
	state.shm_perm.uid = NOBODY;
	state.shm_perm.mode = 0444;
	CALL(shmctl, segment, IPC_SET, &state);
	CHILD("the owner", check_become(NOBODY); GOOD(shmat, segment, NULL, SHM_RDONLY); GOOD(shmat, segment, NULL, 0); GOOD(shmat, segment, NULL, SHM_RDONLY | SHM_EXEC); CALL(shmctl, segment, SHM_LOCK, NULL);
	      CALL(shmctl, segment, SHM_UNLOCK, NULL));
	state.shm_perm.uid = (uid_t)-1;
	CALL(shmctl, segment, IPC_SET, &state);
	CALL(shmctl, segment, IPC_SET, BAD_ADDRESS);
	CALL(shmctl, segment, IPC_STAT, BAD_ADDRESS);
	CALL(shmctl, -1, IPC_STAT, &state);
	CALL(shmctl, segment + 32768, IPC_STAT, &state);
	CALL(shmctl, segment, 99, &state);
	CALL(shmctl, segment, -1, &state);
	CHILD("the owner", check_become(NOBODY); CALL(shmctl, segment, IPC_RMID, NULL));
	CALL(shmctl, segment, IPC_STAT, &state);
}

/* Whose process has attached or detached a segment last: the caller's (0), its child's (1), none (2), another (3); and which times are set. */
static void last_show(const char *what, int segment, pid_t child)
{
	struct shmid_ds state;

	if (syscall(SYS_shmctl, segment, IPC_STAT, &state))
		SHOW(what, "no state");
	else
		SHOW(what, "last %d, attached %d, detached %d, areas %lu", state.shm_lpid == getpid() ? 0 : state.shm_lpid == child ? 1 : !state.shm_lpid ? 2 : 3, state.shm_atime != 0, state.shm_dtime != 0, (unsigned long)state.shm_nattch);
}

/* Ends in one of several ways, with the segment attached. */
static void end_with(int way, const char *there)
{
	char *arguments[] = {"/bin/busybox", "true", NULL}, *environment[] = {NULL};

	if (way == 0)
		_exit(0);
	else if (way == 1)
		syscall(SYS_munmap, there, 2 * PAGE);
	else if (way == 2)
		syscall(SYS_execve, arguments[0], arguments, environment);
	else
		raise(SIGKILL);
	_exit(way);
}

/* What detaches besides shmdt: munmap, exec, the end of a process; and fork attaches. */
static void lasting(void)
{
	static const char *const ways[] = {"end", "munmap", "exec", "kill"};

	for (int way = 0; way < 4; way++) {
		int segment = segment_make(2 * PAGE, 0600);
		char *there;
		pid_t child;

		last_show("new", segment, 0);
		there = (char *)syscall(SYS_shmat, segment, NULL, 0);
		last_show("attached", segment, 0);
		child = fork();
		if (!child) {
			last_show("in the child", segment, getpid());
			end_with(way, there);
		}
		check_wait(ways[way], child);
		last_show("after it", segment, child);
		if (way == 1)
			syscall(SYS_munmap, there, PAGE);
		last_show("half of it", segment, child);
		CALL(shmdt, there);
		CALL(munmap, there, 2 * PAGE);
		last_show("detached", segment, child);
		segment_remove(segment);
	}
}

#define HUGE(bits) ((bits) << 26)
#define HUGE_BYTES (2l << 20)

/* Of huge pages there are none: a segment of them can be only when none are kept for it. */
static void huge(void)
{
	struct rlimit limit = {PAGE, PAGE};
	struct shmid_ds state;
	int segment;
	char *there;

	GOOD(shmget, IPC_PRIVATE, PAGE, IPC_CREAT | SHM_HUGETLB);
	GOOD(shmget, IPC_PRIVATE, 0, IPC_CREAT | SHM_HUGETLB);
	GOOD(shmget, IPC_PRIVATE, PAGE, IPC_CREAT | SHM_HUGETLB | HUGE(21));
	GOOD(shmget, IPC_PRIVATE, PAGE, IPC_CREAT | SHM_HUGETLB | HUGE(16));
	GOOD(shmget, IPC_PRIVATE, PAGE, IPC_CREAT | SHM_HUGETLB | SHM_NORESERVE | HUGE(16));
	CHILD("a plain user", check_become(NOBODY); setrlimit(RLIMIT_MEMLOCK, &limit); GOOD(shmget, IPC_PRIVATE, PAGE, IPC_CREAT | SHM_HUGETLB); GOOD(shmget, IPC_PRIVATE, PAGE, IPC_CREAT | SHM_HUGETLB | SHM_NORESERVE));
	segment = (int)GOOD(shmget, KEY, PAGE + 1, IPC_CREAT | SHM_HUGETLB | SHM_NORESERVE | 0600);
	GOOD(shmget, KEY, 2 * PAGE, 0);
	CALL(shmctl, segment, IPC_STAT, &state);
	SHOW("bytes", "%zu, mode %o", state.shm_segsz, state.shm_perm.mode);
	CALL(shmctl, segment, SHM_LOCK, NULL);
	CALL(shmctl, segment, IPC_STAT, &state);
	SHOW("locked", "mode %o", state.shm_perm.mode);
	there = (char *)GOOD(shmat, segment, NULL, 0);
	SHOW("its place", "%d", (int)((unsigned long)there % HUGE_BYTES));
	GOOD(shmat, segment, there + 8 * HUGE_BYTES + PAGE, 0);
	CHILD("touching it", *(volatile char *)there = 1);
	CALL(shmdt, there);
	CALL(munmap, there, HUGE_BYTES);
	segment_remove(segment);
}

/* How much a plain user may lock. */
static void locking(void)
{
	struct rlimit limit = {2 * PAGE, 2 * PAGE};

	CHILD("a plain user", {
		int small, large, other;

		check_become(NOBODY);
		setrlimit(RLIMIT_MEMLOCK, &limit);
		small = segment_make(PAGE, 0600);
		large = segment_make(2 * PAGE, 0600);
		other = segment_make(PAGE, 0600);
		CALL(shmctl, small, SHM_LOCK, NULL);
		CALL(shmctl, large, SHM_LOCK, NULL);
		CALL(shmctl, other, SHM_LOCK, NULL);
		CALL(shmctl, other, SHM_LOCK, NULL);
		CALL(shmctl, small, SHM_UNLOCK, NULL);
		CALL(shmctl, large, SHM_LOCK, NULL);
		CALL(shmctl, other, SHM_UNLOCK, NULL);
		CALL(shmctl, large, SHM_LOCK, NULL);
		segment_remove(small);
		segment_remove(large);
		segment_remove(other);
	});
}

/* A segment whose place is behind those of all others: places are given in turn, and it depends on what other programs have made before where a turn ends. */
static int segment_make_last(void)
{
	struct shminfo limits_told;
	int segment = segment_make(3 * PAGE, 0600);

	for (int tries = 0; tries < CHECK_PLACES && check_place(SYS_shmctl, segment, SHM_STAT) != syscall(SYS_shmctl, 0, IPC_INFO, &limits_told); tries++) {
		segment_remove(segment);
		segment = segment_make(3 * PAGE, 0600);
	}
	return segment;
}

static void limits(void)
{
	int segment = segment_make_last();
	struct shminfo limits_told;
	struct shm_info used;
	struct shmid_ds state;
	const char *row;
	long highest = syscall(SYS_shmctl, 0, IPC_INFO, &limits_told);

	SHOW("limits", "%lu %lu %lu %lu %lu", limits_told.shmmax, limits_told.shmmin, limits_told.shmmni, limits_told.shmseg, limits_told.shmall);
	GOOD(shmctl, 0, SHM_INFO, &used);
	SHOW("in use", "%d segments, %lu pages", used.used_ids, used.shm_tot);
	SHOW("the highest place is told", "%d", highest == check_place(SYS_shmctl, segment, SHM_STAT));
	CALL(shmctl, 0, IPC_INFO, BAD_ADDRESS);
	CALL(shmctl, 0, SHM_INFO, BAD_ADDRESS);
	CALL(shmctl, 30000, SHM_STAT, &state);
	CHILD("a stranger", check_become(NOBODY); SHOW("sees places", "%d, and with ANY %d", check_place(SYS_shmctl, segment, SHM_STAT), check_place(SYS_shmctl, segment, 15) == highest); CALL(shmctl, highest, SHM_STAT, &state));
	check_show_setting("/proc/sys/kernel/shmmax");
	check_show_setting("/proc/sys/kernel/shmall");
	check_show_setting("/proc/sys/kernel/shmmni");
	check_setting("/proc/sys/kernel/shmmax", "8192\n");
	GOOD(shmget, IPC_PRIVATE, 2 * PAGE + 1, IPC_CREAT);
	segment_remove((int)GOOD(shmget, IPC_PRIVATE, 2 * PAGE, IPC_CREAT));
	check_setting("/proc/sys/kernel/shmmax", "18446744073692774399\n");
	check_setting("/proc/sys/kernel/shmall", "5\n");
	GOOD(shmget, IPC_PRIVATE, 2 * PAGE + 1, IPC_CREAT);
	segment_remove((int)GOOD(shmget, IPC_PRIVATE, 2 * PAGE, IPC_CREAT));
	check_setting("/proc/sys/kernel/shmall", "18446744073692774399\n");
	check_setting("/proc/sys/kernel/shmmni", "1\n");
	GOOD(shmget, IPC_PRIVATE, PAGE, IPC_CREAT);
	check_setting("/proc/sys/kernel/shmmni", "32769\n");
	check_setting("/proc/sys/kernel/shmmni", "4096\n");
	row = check_table("/proc/sysvipc/shm");
	SHOW("mode and size", "%.27s", row + 21);
	segment_remove(segment);
}

/* What programs before this one have left behind would be counted. */
static void clean(void)
{
	struct shmid_ds state;

	for (int place = 0; place < 1000; place++) {
		int segment = (int)syscall(SYS_shmctl, place, SHM_STAT, &state);

		if (segment >= 0)
			segment_remove(segment);
	}
}

int main(void)
{
	clean();
	making();
	attaching();
	owning();
	lasting();
	huge();
	locking();
	limits();
	return 0;
}
