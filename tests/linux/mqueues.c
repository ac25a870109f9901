/* SPDX-License-Identifier: MIT */
/* POSIX message queues: mq_open, mq_unlink, mq_timedsend, mq_timedreceive, mq_notify, mq_getsetattr, poll, limits. The kernel's names have no slash. */
#include "waiting.h"

#include <mqueue.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#define NOBODY 1000
#define BYTES 32
#define MAKE (O_RDWR | O_CREAT | O_EXCL)

static const struct mq_attr small = {.mq_maxmsg = 3, .mq_msgsize = BYTES};
static volatile sig_atomic_t told, told_code, told_value, told_by;

static int queue_make(const char *name)
{
	return (int)syscall(SYS_mq_open, name, MAKE, 0600, &small);
}

static struct timespec soon(long milliseconds)
{
	struct timespec time;

	clock_gettime(CLOCK_REALTIME, &time);
	time.tv_nsec += milliseconds * 1000000;
	time.tv_sec += time.tv_nsec / 1000000000;
	time.tv_nsec %= 1000000000;
	return time;
}

static long text_show(const char *arguments, int queue)
{
	char text[BYTES + 1] = "";
	unsigned priority = 77;
	long bytes = syscall(SYS_mq_timedreceive, queue, text, BYTES, &priority, NULL);

	if (check_result("mq_timedreceive", arguments, bytes, 1) >= 0)
		check_print("  %u: [%s]\n", priority, text);
	return bytes;
}
#define SEND(queue, text, priority) check_result("mq_timedsend", #queue ", " #text ", " #priority, syscall(SYS_mq_timedsend, queue, text, strlen(text), priority, NULL), 1)
#define RECEIVE(queue) text_show(#queue, queue)

static void making(void)
{
	static char longest[258];
	struct mq_attr bad;
	int queue = (int)GOOD(mq_open, "first", MAKE, 0600, &small);

	memset(longest, 'x', 256);
	SHOW("closed by execve", "%d", fcntl(queue, F_GETFD));
	GOOD(mq_open, "first", MAKE, 0600, &small);
	GOOD(mq_open, "first", O_RDWR | O_CREAT, 0600, NULL);
	GOOD(mq_open, "first", O_RDONLY, 0, NULL);
	GOOD(mq_open, "first", O_RDWR | O_WRONLY, 0, NULL);
	GOOD(mq_open, "second", O_RDWR, 0, NULL);
	GOOD(mq_open, "", MAKE, 0600, NULL);
	GOOD(mq_open, "/first", O_RDWR, 0, NULL);
	GOOD(mq_open, "a/b", MAKE, 0600, NULL);
	GOOD(mq_open, ".", MAKE, 0600, NULL);
	GOOD(mq_open, "..", O_RDWR, 0600, NULL);
	GOOD(mq_open, longest, MAKE, 0600, NULL);
	longest[255] = '\0';
	GOOD(mq_open, longest, MAKE, 0600, NULL);
	GOOD(mq_unlink, longest);
	GOOD(mq_open, NULL, O_RDWR, 0, NULL);
	GOOD(mq_open, BAD_ADDRESS, O_RDWR, 0, NULL);
	GOOD(mq_open, "third", MAKE, 0600, BAD_ADDRESS);
	GOOD(mq_open, "first", O_RDWR, 0600, BAD_ADDRESS);
	for (int i = 0; i < 7; i++) {
		static const long sizes[][2] = {{0, 1}, {1, 0}, {-1, 8}, {8, -1}, {65537, 1}, {1, (16 << 20) + 1}, {65536, 16 << 20}};

		bad = (struct mq_attr){.mq_maxmsg = sizes[i][0], .mq_msgsize = sizes[i][1]};
		SHOW("size", "%ld %ld", sizes[i][0], sizes[i][1]);
		GOOD(mq_open, "third", MAKE, 0600, &bad);
	}
	CALL(mq_unlink, "first");
	CALL(mq_unlink, "first");
	CALL(mq_unlink, "");
	CALL(mq_unlink, "/first");
	CALL(mq_unlink, NULL);
	CALL(mq_unlink, KERNEL_ADDRESS);
	longest[255] = 'x';
	CALL(mq_unlink, longest);
	SEND(queue, "without a name", 0);
	RECEIVE(queue);
	CALL(close, queue);
	SEND(queue, "closed", 0);
}

static void choosing(void)
{
	int queue = queue_make("q"), reader = (int)syscall(SYS_mq_open, "q", O_RDONLY, 0, NULL), writer = (int)syscall(SYS_mq_open, "q", O_WRONLY | O_NONBLOCK, 0, NULL), file = open("file", O_RDWR | O_CREAT, 0600);
	char text[BYTES];
	unsigned priority;
	struct timespec past = {0}, bad = {.tv_nsec = 1000000000}, time;

	SEND(queue, "low", 1);
	SEND(queue, "high", 32767);
	SEND(queue, "low again", 1);
	SEND(writer, "no room", 1);
	time = soon(30);
	CALL(mq_timedsend, queue, "no room", 7, 1, &time);
	CALL(mq_timedsend, queue, "no room", 7, 1, &past);
	RECEIVE(queue);
	SEND(queue, "middle", 5);
	RECEIVE(reader);
	RECEIVE(reader);
	RECEIVE(reader);
	SEND(queue, "", 0);
	RECEIVE(reader);
	CALL(mq_timedsend, queue, "x", 1, 32768, NULL);
	CALL(mq_timedsend, queue, "x", 1, -1, NULL);
	CALL(mq_timedsend, reader, "x", 1, 0, NULL);
	CALL(mq_timedsend, file, "x", 1, 0, NULL);
	CALL(mq_timedsend, -1, "x", 1, 0, NULL);
	CALL(mq_timedsend, -1, "x", 1, 32768, NULL);
	CALL(mq_timedsend, queue, "x", BYTES + 1, 0, NULL);
	CALL(mq_timedsend, queue, "x", -1, 0, NULL);
	CALL(mq_timedsend, queue, BAD_ADDRESS, 1, 0, NULL);
	CALL(mq_timedsend, queue, KERNEL_ADDRESS, 1, 0, NULL);
	CALL(mq_timedsend, queue, BAD_ADDRESS, 0, 0, NULL);
	CALL(mq_timedsend, queue, "x", 1, 0, BAD_ADDRESS);
	CALL(mq_timedsend, queue, "x", 1, 0, &bad);
	CALL(mq_timedreceive, queue, text, BYTES - 1, NULL, NULL);
	CALL(mq_timedreceive, queue, text, BYTES, NULL, NULL);
	time = soon(30);
	CALL(mq_timedreceive, queue, text, BYTES, NULL, &time);
	CALL(mq_timedreceive, queue, text, BYTES, NULL, &past);
	CALL(mq_timedreceive, queue, text, BYTES, NULL, &bad);
	CALL(mq_timedreceive, queue, text, BYTES, NULL, BAD_ADDRESS);
	CALL(mq_timedreceive, writer, text, BYTES, NULL, NULL);
	CALL(mq_timedreceive, file, text, BYTES, NULL, NULL);
	CALL(mq_timedreceive, 1000, text, BYTES, NULL, NULL);
	SEND(queue, "lost", 0);
	CALL(mq_timedreceive, queue, BAD_ADDRESS, BYTES, &priority, NULL);
	SEND(queue, "lost", 0);
	CALL(mq_timedreceive, queue, text, BYTES, BAD_ADDRESS, NULL);
	SEND(queue, "not lost", 0);
	CALL(mq_timedreceive, queue, text, BYTES, NULL, NULL);
	CALL(mq_unlink, "q");
	close(queue);
	close(reader);
	close(writer);
	close(file);
}

static void waiting(void)
{
	int queue = queue_make("q");
	struct mq_attr told;
	pid_t child, other;

	WAITING_CHILD(child, RECEIVE(queue));
	WAITING_CHILD(other, RECEIVE(queue));
	SEND(queue, "first", 0);
	check_end("that came first", child);
	SEND(queue, "second", 0);
	check_end("that came later", other);
	for (int i = 0; i < 3; i++)
		SEND(queue, "filling", 2);
	WAITING_CHILD(child, SEND(queue, "urgent", 9));
	WAITING_CHILD(other, SEND(queue, "not urgent", 1));
	RECEIVE(queue);
	check_end("that waited for room", child);
	for (int i = 0; i < 4; i++)
		RECEIVE(queue);
	check_end("that waited longer", other);
	for (int again = 0; again < 2; again++) {
		WAITING_CHILD(child, check_handle(SIGUSR1, again); RECEIVE(queue));
		kill(child, SIGUSR1);
		check_sleeps(child);
		SEND(queue, "after the signal", 0);
		check_end("that was interrupted", child);
	}
	RECEIVE(queue);
	for (int i = 0; i < 3; i++)
		SEND(queue, "filling", 2);
	for (int again = 0; again < 2; again++) {
		WAITING_CHILD(child, check_handle(SIGUSR1, again); CALL(mq_timedsend, queue, "late", 4, 0, NULL));
		kill(child, SIGUSR1);
		check_sleeps(child);
		RECEIVE(queue);
		check_end("that was interrupted", child);
	}
	while (syscall(SYS_mq_getsetattr, queue, NULL, &told) == 0 && told.mq_curmsgs)
		RECEIVE(queue);
	WAITING_CHILD(child, RECEIVE(queue));
	kill(child, SIGKILL);
	check_end("that was killed", child);
	SEND(queue, "for nobody else", 0);
	WAITING_CHILD(child, RECEIVE(queue); RECEIVE(queue));
	CALL(mq_unlink, "q");
	SEND(queue, "unlinked", 0);
	check_end("a queue without a name goes on", child);
	close(queue);
}

static void attributes(void)
{
	int queue = (int)syscall(SYS_mq_open, "q", MAKE | O_NONBLOCK, 0666, NULL);
	struct mq_attr told, set = {.mq_flags = 0, .mq_maxmsg = 99};
	struct stat status;
	struct pollfd poll_of = {.fd = queue, .events = POLLIN | POLLOUT};
	static char large[8192];
	char text[100] = "";
	pid_t child;

	CALL(mq_getsetattr, queue, NULL, &told);
	SHOW("as made", "%lo %ld %ld %ld", told.mq_flags, told.mq_maxmsg, told.mq_msgsize, told.mq_curmsgs);
	SEND(queue, "one", 0);
	CALL(mq_getsetattr, queue, &set, &told);
	SHOW("before", "%lo %ld %ld %ld", told.mq_flags, told.mq_maxmsg, told.mq_msgsize, told.mq_curmsgs);
	CALL(mq_getsetattr, queue, NULL, &told);
	SHOW("after", "%lo %ld", told.mq_flags, told.mq_maxmsg);
	SHOW("as fcntl tells", "%o", fcntl(queue, F_GETFL) & (O_ACCMODE | O_NONBLOCK));
	set.mq_flags = O_NONBLOCK;
	CALL(mq_getsetattr, queue, &set, NULL);
	set.mq_flags = O_APPEND;
	CALL(mq_getsetattr, queue, &set, NULL);
	CALL(mq_getsetattr, -1, &set, NULL);
	CALL(mq_getsetattr, -1, NULL, &told);
	CALL(mq_getsetattr, 0, NULL, &told);
	CALL(mq_getsetattr, queue, BAD_ADDRESS, NULL);
	CALL(mq_getsetattr, queue, NULL, BAD_ADDRESS);
	CALL(mq_getsetattr, queue, NULL, NULL);
	CALL(fstat, queue, &status);
	SHOW("file", "mode %o, %ld bytes, %d %d", status.st_mode, (long)status.st_size, status.st_uid, status.st_gid);
	CALL(poll, &poll_of, 1, 0);
	SHOW("events", "%x", poll_of.revents);
	for (int i = 0; i < 9; i++)
		syscall(SYS_mq_timedsend, queue, "more", 4, 0, NULL);
	CALL(poll, &poll_of, 1, 0);
	SHOW("of a full one", "%x", poll_of.revents);
	CALL(read, queue, text, 90);
	check_bytes("what it says", text, 81);
	CALL(read, queue, text, 90);
	CALL(write, queue, text, 1);
	while (syscall(SYS_mq_timedreceive, queue, large, sizeof(large), NULL, NULL) >= 0)
		;
	CALL(mq_timedreceive, queue, large, sizeof(large), NULL, NULL);
	CALL(poll, &poll_of, 1, 0);
	SHOW("of an empty one", "%x", poll_of.revents);
	poll_of.events = POLLIN;
	WAITING_CHILD(child, usleep(100000); SEND(queue, "awaited", 0));
	CALL(poll, &poll_of, 1, -1);
	check_end("that sends later", child);
	CALL(mq_unlink, "q");
	close(queue);
}

static void tell(int number, siginfo_t *information, void *context)
{
	(void)context;
	told = number;
	told_code = information->si_code;
	told_value = information->si_value.sival_int;
	told_by = information->si_pid;
}

static void telling(void)
{
	int queue = queue_make("q"), pair[2], file = open("file", O_RDWR | O_CREAT, 0600);
	struct sigaction action = {.sa_sigaction = tell, .sa_flags = SA_SIGINFO};
	struct sigevent by_signal = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 42}, by_nothing = {.sigev_notify = SIGEV_NONE}, bad = by_signal;
	static char cookie[32];
	pid_t child;

	sigaction(SIGUSR1, &action, NULL);
	CALL(mq_notify, queue, &by_signal);
	CALL(mq_notify, queue, &by_signal);
	CHILD("another", CALL(mq_notify, queue, &by_nothing); CALL(mq_notify, queue, NULL));
	child = fork();
	if (!child)
		_exit((int)syscall(SYS_mq_timedsend, queue, "tells", 5, 0, NULL));
	check_end("sends", child);
	SHOW("told", "%d, code %d, value %d, by the sender %d", told, told_code, told_value, told_by == child);
	told = 0;
	CALL(mq_notify, queue, &by_signal);
	SEND(queue, "not the first", 0);
	SHOW("told", "%d", told);
	RECEIVE(queue);
	RECEIVE(queue);
	WAITING_CHILD(child, RECEIVE(queue));
	SEND(queue, "for who waits", 0);
	check_end("receives", child);
	SHOW("told", "%d", told);
	SEND(queue, "for nobody", 0);
	SHOW("told", "%d", told);
	told = 0;
	RECEIVE(queue);
	SEND(queue, "once", 0);
	SHOW("told", "%d", told);
	RECEIVE(queue);
	CALL(mq_notify, queue, &by_nothing);
	CALL(mq_notify, queue, &by_signal);
	CALL(mq_notify, queue, NULL);
	CALL(mq_notify, queue, NULL);
	CALL(mq_notify, queue, &by_signal);
	close(dup(queue));
	CHILD("after the number was closed", CALL(mq_notify, queue, &by_nothing));
	CALL(mq_notify, queue, NULL);
	bad.sigev_signo = 65;
	CALL(mq_notify, queue, &bad);
	bad.sigev_signo = -1;
	CALL(mq_notify, queue, &bad);
	bad.sigev_signo = 0;
	CALL(mq_notify, queue, &bad);
	CALL(mq_notify, queue, NULL);
	bad.sigev_notify = 99;
	CALL(mq_notify, queue, &bad);
	CALL(mq_notify, queue, BAD_ADDRESS);
	CALL(mq_notify, -1, &by_signal);
	CALL(mq_notify, file, &by_signal);
	CALL(mq_notify, file, NULL);
	bad.sigev_notify = SIGEV_THREAD;
	bad.sigev_value.sival_ptr = BAD_ADDRESS;
	CALL(mq_notify, queue, &bad);
	bad.sigev_value.sival_ptr = cookie;
	bad.sigev_signo = -1;
	CALL(mq_notify, queue, &bad);
	bad.sigev_signo = file;
	CALL(mq_notify, queue, &bad);
	socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
	bad.sigev_signo = pair[0];
	CALL(mq_notify, queue, &bad);
	CALL(mq_unlink, "q");
	close(queue);
	close(file);
}

static void owning(void)
{
	int queue;

	umask(022);
	queue = (int)syscall(SYS_mq_open, "q", MAKE, 0666, &small);
	CHILD("a stranger", check_become(NOBODY); GOOD(mq_open, "q", O_RDONLY, 0, NULL); GOOD(mq_open, "q", O_WRONLY, 0, NULL); GOOD(mq_open, "q", O_RDWR | O_CREAT, 0600, NULL); GOOD(mq_open, "q", O_RDWR | O_CREAT | O_EXCL, 0600, NULL);
	      CALL(mq_unlink, "q"); GOOD(mq_open, "own", MAKE, 0, &small); GOOD(mq_open, "own", O_RDONLY, 0, NULL); CALL(mq_unlink, "own"));
	CALL(mq_unlink, "q");
	close(queue);
}

static void limits(void)
{
	struct mq_attr large = {.mq_maxmsg = 10, .mq_msgsize = 8192};
	struct rlimit limit = {.rlim_cur = 100000, .rlim_max = 100000}, files = {.rlim_cur = 3, .rlim_max = 3};
	int queue;

	CHILD("with 100,000 bytes", setrlimit(RLIMIT_MSGQUEUE, &limit); GOOD(mq_open, "one", MAKE, 0600, &large); GOOD(mq_open, "two", MAKE, 0600, &large); large.mq_msgsize = 1600; GOOD(mq_open, "two", MAKE, 0600, &large);
	      large.mq_msgsize = 1600 - 192; large.mq_maxmsg = 11; GOOD(mq_open, "two", MAKE, 0600, &large); CALL(mq_unlink, "one"); CALL(mq_unlink, "two"));
	CHILD("exactly", limit.rlim_cur = 10 * (100 + 96); setrlimit(RLIMIT_MSGQUEUE, &limit); large.mq_msgsize = 101; GOOD(mq_open, "one", MAKE, 0600, &large); large.mq_msgsize = 100; queue = (int)GOOD(mq_open, "one", MAKE, 0600, &large);
	      CALL(mq_unlink, "one"); GOOD(mq_open, "two", MAKE, 0600, &large); close(queue); GOOD(mq_open, "two", MAKE, 0600, &large); CALL(mq_unlink, "two"));
	CHILD("a stranger", check_become(NOBODY); large.mq_maxmsg = 11; large.mq_msgsize = 1; GOOD(mq_open, "one", MAKE, 0600, &large); large.mq_maxmsg = 1; large.mq_msgsize = 8193; GOOD(mq_open, "one", MAKE, 0600, &large));
	CHILD("no more numbers", setrlimit(RLIMIT_NOFILE, &files); GOOD(mq_open, "one", MAKE, 0600, &small));
	CALL(mq_unlink, "one");
	CHILD("many queues", char name[16]; int count = 0; check_become(NOBODY); struct mq_attr least = {.mq_maxmsg = 1, .mq_msgsize = 1};
	      for (;;) {
		      snprintf(name, sizeof(name), "q%d", count);
		      queue = (int)syscall(SYS_mq_open, name, MAKE, 0600, &least);
		      if (queue < 0)
			      break;
		      close(queue);
		      count++;
	      } check_print("%d queues, then %s\n", count, check_errno_name(errno));
	      GOOD(mq_open, "one more", MAKE, 0600, &least);
	      while (count-- > 0) {
		      snprintf(name, sizeof(name), "q%d", count);
		      if (syscall(SYS_mq_unlink, name))
			      check_print("%s does not go\n", name);
	      });
}

static void setting_write(const char *name, const char *value)
{
	char path[64];
	long written;
	int file;

	snprintf(path, sizeof(path), "/proc/sys/fs/mqueue/%s", name);
	file = open(path, O_WRONLY);
	written = write(file, value, strlen(value));
	SHOW(name, "%s: %ld%s%s", value, written, written < 0 ? " " : "", written < 0 ? check_errno_name(errno) : "");
	close(file);
}

/* What may be is in files that root writes, and who has no right to more is held by. */
static void settings(void)
{
	struct mq_attr told;

	setting_write("queues_max", "-1");
	setting_write("msg_max", "0");
	setting_write("msg_max", "70000");
	setting_write("msgsize_max", "127");
	setting_write("queues_max", "0");
	CHILD("none", { check_become(2000); GOOD(mq_open, "mine", MAKE, 0600, NULL); });
	setting_write("queues_max", "256");
	setting_write("msg_default", "2");
	setting_write("msgsize_default", "200");
	CHILD("small ones", {
		int queue;

		check_become(2000);
		queue = (int)GOOD(mq_open, "mine", MAKE, 0600, NULL);
		CALL(mq_getsetattr, queue, NULL, &told);
		SHOW("as by default", "%ld of %ld", told.mq_maxmsg, told.mq_msgsize);
		CALL(mq_unlink, "mine");
	});
	setting_write("msg_default", "10");
	setting_write("msgsize_default", "8192");
}

int main(void)
{
	making();
	choosing();
	waiting();
	attributes();
	telling();
	owning();
	limits();
	settings();
	return 0;
}
