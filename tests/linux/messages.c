/* SPDX-License-Identifier: MIT */
/* System V message queues: msgget, msgsnd, msgrcv, msgctl, limits, /proc/sysvipc/msg. */
#include "places.h"
#include "waiting.h"

#include <limits.h>
#include <sys/ipc.h>
#include <sys/msg.h>

#define KEY 0x4b6f7a70
#define NOBODY 1000
#define LARGEST 8192 /* msgmax */
#define ROOM 16384   /* msgmnb */
#ifndef MSG_COPY
#define MSG_COPY 040000
#endif

struct message {
	long type;
	char text[LARGEST + 1];
};

static struct message there; /* what was received */

static int queue_make(void)
{
	return (int)syscall(SYS_msgget, IPC_PRIVATE, IPC_CREAT | 0600);
}

static void queue_remove(int queue)
{
	if (syscall(SYS_msgctl, queue, IPC_RMID, NULL))
		check_print("a queue cannot be removed: %s\n", check_errno_name(errno));
}

static long text_send(int queue, long type, const char *text, int flags)
{
	struct message message = {.type = type};

	strcpy(message.text, text);
	return syscall(SYS_msgsnd, queue, &message, strlen(text) + 1, flags);
}

/* Receives and prints; `room` without the type. */
static long text_show(const char *arguments, int queue, size_t room, long type, int flags)
{
	long bytes;

	memset(&there, 0, sizeof(there));
	bytes = syscall(SYS_msgrcv, queue, &there, room, type, flags);
	if (check_result("msgrcv", arguments, bytes, 1) >= 0)
		check_print("  %ld: [%.*s]\n", there.type, bytes > 100 ? 100 : (int)bytes, there.text);
	return bytes;
}
#define SEND(queue, type, text, flags) check_result("msgsnd", #queue ", " #type ", " #text ", " #flags, text_send(queue, type, text, flags), 1)
#define RECEIVE(queue, room, type, flags) text_show(#queue ", " #room ", " #type ", " #flags, queue, room, type, flags)

static void making(void)
{
	int queue = (int)GOOD(msgget, KEY, IPC_CREAT | IPC_EXCL | 0640);

	GOOD(msgget, KEY, IPC_CREAT | IPC_EXCL | 0640);
	GOOD(msgget, KEY, IPC_CREAT | 0640);
	GOOD(msgget, KEY, 0);
	GOOD(msgget, KEY + 1, 0);
	queue_remove((int)GOOD(msgget, IPC_PRIVATE, IPC_EXCL));
	CHILD("a stranger", check_become(NOBODY); GOOD(msgget, KEY, 0); GOOD(msgget, KEY, 0400); GOOD(msgget, KEY, IPC_CREAT | IPC_EXCL | 0400));
	queue_remove(queue);
	GOOD(msgget, KEY, 0);
}

static void choosing(void)
{
	int queue = queue_make();

	SEND(queue, 3, "three", 0);
	SEND(queue, 1, "one", 0);
	SEND(queue, 2, "two", 0);
	SEND(queue, 1, "one again", 0);
	SEND(queue, 3, "three again", 0);
	SEND(queue, LONG_MAX, "the last", 0);
	RECEIVE(queue, 100, 0, MSG_COPY | IPC_NOWAIT);
	RECEIVE(queue, 100, 3, MSG_COPY | IPC_NOWAIT);
	RECEIVE(queue, 100, 5, MSG_COPY | IPC_NOWAIT);
	RECEIVE(queue, 100, 6, MSG_COPY | IPC_NOWAIT);
	RECEIVE(queue, 100, -1, MSG_COPY | IPC_NOWAIT);
	RECEIVE(queue, 4, 0, MSG_COPY | IPC_NOWAIT);
	RECEIVE(queue, 4, 0, MSG_COPY | IPC_NOWAIT | MSG_NOERROR);
	RECEIVE(queue, 100, 0, MSG_COPY);
	RECEIVE(queue, 100, 0, MSG_COPY | IPC_NOWAIT | MSG_EXCEPT);
	RECEIVE(queue, 100, 4, IPC_NOWAIT);
	RECEIVE(queue, 100, 2, 0);
	RECEIVE(queue, 100, 3, MSG_EXCEPT);
	RECEIVE(queue, 100, -2, 0);
	RECEIVE(queue, 100, -2, IPC_NOWAIT);
	RECEIVE(queue, 100, -3, 0);
	RECEIVE(queue, 100, 0, MSG_EXCEPT);
	RECEIVE(queue, 100, LONG_MIN, 0);
	RECEIVE(queue, 100, 0, IPC_NOWAIT);
	SEND(queue, 5, "five", 0);
	SEND(queue, 2, "two", 0);
	SEND(queue, 4, "four", 0);
	SEND(queue, 2, "two again", 0);
	for (int i = 0; i < 4; i++)
		RECEIVE(queue, 100, -5, 0);
	SEND(queue, 9, "nine", 0);
	RECEIVE(queue, 100, 9, MSG_EXCEPT | IPC_NOWAIT);
	RECEIVE(queue, 100, -8, IPC_NOWAIT);
	RECEIVE(queue, 100, -9, MSG_EXCEPT | IPC_NOWAIT);
	queue_remove(queue);
}

static void sizing(void)
{
	static struct message message = {.type = 5};
	int queue = queue_make();
	long bad = 0;

	SEND(queue, 1, "too long", 0);
	RECEIVE(queue, 8, 0, 0);
	RECEIVE(queue, 8, 0, MSG_NOERROR);
	RECEIVE(queue, 8, 0, IPC_NOWAIT);
	SEND(queue, 1, "", 0);
	RECEIVE(queue, 0, 0, MSG_NOERROR);
	CALL(msgsnd, queue, &message, 0, 0);
	RECEIVE(queue, 0, 0, 0);
	for (int i = 0; i < LARGEST; i++)
		message.text[i] = (char)(i * 7 + i / 256);
	for (long bytes = 1; bytes <= LARGEST; bytes += bytes / 2 + 1) {
		bad += syscall(SYS_msgsnd, queue, &message, bytes, 0) != 0;
		memset(&there, 0, sizeof(there));
		bad += syscall(SYS_msgrcv, queue, &there, LARGEST, 0, 0) != bytes;
		bad += memcmp(there.text, message.text, (size_t)bytes) != 0 || there.text[bytes] != 0;
	}
	SHOW("lengths with other bytes", "%ld", bad);
	CALL(msgsnd, queue, &message, LARGEST, 0);
	CALL(msgrcv, queue, &there, 100, 0, MSG_NOERROR);
	CALL(msgsnd, queue, &message, LARGEST + 1, 0);
	CALL(msgsnd, queue, &message, -1, 0);
	CALL(msgrcv, queue, &there, -1, 0, IPC_NOWAIT);
	message.type = 0;
	CALL(msgsnd, queue, &message, 1, 0);
	message.type = -1;
	CALL(msgsnd, queue, &message, 1, 0);
	message.type = 1;
	CALL(msgsnd, -1, &message, 1, 0);
	CALL(msgsnd, queue + 32768, &message, 1, 0);
	CALL(msgrcv, -1, &there, 1, 0, IPC_NOWAIT);
	CALL(msgrcv, queue + 32768, &there, 1, 0, IPC_NOWAIT);
	queue_remove(queue);
	CALL(msgsnd, queue, &message, 1, 0);
	CALL(msgrcv, queue, &there, 1, 0, IPC_NOWAIT);
}

static void pointers(void)
{
	int queue = queue_make();
	char *border = check_border();

	CALL(msgsnd, queue, BAD_ADDRESS, 1, 0);
	CALL(msgsnd, queue, NULL, 1, 0);
	CALL(msgsnd, queue, KERNEL_ADDRESS, 1, 0);
	CALL(msgsnd, queue, ODD_ADDRESS, 1, 0);
	*(long *)(border - 12) = 4;
	CALL(msgsnd, queue, border - 12, 5, 0);
	CALL(msgsnd, queue, border - 4, 0, 0);
	CALL(msgsnd, queue, border - 12, 4, 0);
	CALL(msgrcv, queue, border - 12, 3, 0, MSG_NOERROR);
	SEND(queue, 4, "abcd", 0);
	CALL(msgrcv, queue, border - 12, 5, 0, 0);
	RECEIVE(queue, 10, 0, IPC_NOWAIT);
	SEND(queue, 4, "abcd", 0);
	CALL(msgrcv, queue, BAD_ADDRESS, 5, 0, 0);
	RECEIVE(queue, 10, 0, IPC_NOWAIT);
	SEND(queue, 4, "abcd", 0);
	CALL(msgrcv, queue, BAD_ADDRESS, 5, 0, MSG_COPY | IPC_NOWAIT);
	RECEIVE(queue, 10, 0, IPC_NOWAIT);
	queue_remove(queue);
}

static void filling(void)
{
	static struct message message = {.type = 1};
	int queue = queue_make(), count = 0;
	pid_t child;

	CALL(msgsnd, queue, &message, LARGEST, IPC_NOWAIT);
	CALL(msgsnd, queue, &message, LARGEST, IPC_NOWAIT);
	CALL(msgsnd, queue, &message, 1, IPC_NOWAIT);
	CALL(msgsnd, queue, &message, 0, IPC_NOWAIT);
	WAITING_CHILD(child, SEND(queue, 2, "when there is room", 0));
	CALL(msgrcv, queue, &there, LARGEST, 0, 0);
	check_end("that waited for room", child);
	RECEIVE(queue, 100, 2, 0);
	queue_remove(queue);
	queue = queue_make();
	while (syscall(SYS_msgsnd, queue, &message, 0, IPC_NOWAIT) == 0)
		count++;
	SHOW("empty messages", "%d", count);
	queue_remove(queue);
}

static void waiting(void)
{
	int queue = queue_make();
	pid_t child, other;

	WAITING_CHILD(child, RECEIVE(queue, 100, 2, 0));
	SEND(queue, 1, "not for it", 0);
	SEND(queue, 2, "for it", 0);
	check_end("that waited for a type", child);
	WAITING_CHILD(child, RECEIVE(queue, 100, -1, MSG_EXCEPT); RECEIVE(queue, 100, 1, MSG_EXCEPT));
	SEND(queue, 1, "not this one either", 0);
	SEND(queue, 7, "any other", 0);
	check_end("that waited for any other type", child);
	RECEIVE(queue, 100, 0, IPC_NOWAIT);
	RECEIVE(queue, 100, 0, IPC_NOWAIT);
	WAITING_CHILD(child, RECEIVE(queue, 3, 0, 0));
	WAITING_CHILD(other, RECEIVE(queue, 3, 0, MSG_NOERROR));
	SEND(queue, 1, "long", 0);
	check_end("whose room was too small", child);
	check_end("that takes a part", other);
	RECEIVE(queue, 100, 0, IPC_NOWAIT);
	WAITING_CHILD(child, RECEIVE(queue, 100, 0, 0));
	WAITING_CHILD(other, RECEIVE(queue, 100, 0, 0));
	SEND(queue, 1, "the first", 0);
	check_end("that came first", child);
	SEND(queue, 1, "the second", 0);
	check_end("that came later", other);
	WAITING_CHILD(child, RECEIVE(queue, 100, 0, 0));
	queue_remove(queue);
	check_end("that waited for a message", child);
	queue = queue_make();
	while (text_send(queue, 1, "full", IPC_NOWAIT) == 0)
		;
	WAITING_CHILD(child, SEND(queue, 1, "no room", 0));
	queue_remove(queue);
	check_end("that waited for room", child);
}

static void interrupting(void)
{
	int queue = queue_make();
	pid_t child;

	for (int again = 0; again < 2; again++) {
		WAITING_CHILD(child, check_handle(SIGUSR1, again); RECEIVE(queue, 100, 5, 0));
		kill(child, SIGUSR1);
		check_end("that was interrupted receiving", child);
	}
	while (text_send(queue, 1, "full", IPC_NOWAIT) == 0)
		;
	for (int again = 0; again < 2; again++) {
		WAITING_CHILD(child, check_handle(SIGUSR1, again); SEND(queue, 1, "no room", 0));
		kill(child, SIGUSR1);
		check_end("that was interrupted sending", child);
	}
	WAITING_CHILD(child, RECEIVE(queue, 100, 5, 0));
	kill(child, SIGKILL);
	check_end("that was killed", child);
	WAITING_CHILD(child, RECEIVE(queue, 100, 5, 0));
	kill(child, SIGSTOP);
	waitpid(child, NULL, WUNTRACED);
	kill(child, SIGCONT);
	while (syscall(SYS_msgrcv, queue, &there, LARGEST, 1, IPC_NOWAIT) >= 0)
		;
	SEND(queue, 5, "after a stop", IPC_NOWAIT);
	check_end("that was stopped", child);
	queue_remove(queue);
}

static void telling(void)
{
	int queue = queue_make();
	struct msqid_ds state;
	pid_t child;

	CALL(msgctl, queue, IPC_STAT, &state);
	SHOW("a new one", "%ld messages of %ld bytes, room for %ld, mode %o, sent %d, received %d, changed %d, %d %d", (long)state.msg_qnum, (long)state.msg_cbytes, (long)state.msg_qbytes, state.msg_perm.mode, state.msg_stime > 0,
	     state.msg_rtime > 0, state.msg_ctime > 0, state.msg_lspid, state.msg_lrpid);
	SEND(queue, 1, "some", 0);
	SEND(queue, 1, "more", 0);
	child = fork();
	if (!child)
		_exit(syscall(SYS_msgrcv, queue, &there, 100, 0, 0) != 5);
	check_end("receives", child);
	CALL(msgctl, queue, IPC_STAT, &state);
	SHOW("in use", "%ld messages of %ld bytes, sent %d, received %d, %d %d", (long)state.msg_qnum, (long)state.msg_cbytes, state.msg_stime > 0, state.msg_rtime > 0, state.msg_lspid == getpid(), state.msg_lrpid == child);
	CALL(msgctl, queue, IPC_STAT, BAD_ADDRESS);
	CALL(msgctl, queue, IPC_SET, BAD_ADDRESS);
	CALL(msgctl, -1, IPC_STAT, &state);
	CALL(msgctl, queue, -1, &state);
	CALL(msgctl, queue, 99, &state);
	CALL(msgctl, queue + 32768, IPC_STAT, &state);
	CALL(msgctl, queue + 32768, IPC_SET, &state);
	CALL(msgctl, queue + 32768, IPC_RMID, NULL);
	state.msg_qbytes = 10;
	CALL(msgctl, queue, IPC_SET, &state);
	SEND(queue, 1, "more", IPC_NOWAIT);
	SEND(queue, 1, "more.", IPC_NOWAIT);
	WAITING_CHILD(child, SEND(queue, 1, "when there is room", 0));
	state.msg_qbytes = 2 * ROOM;
	CALL(msgctl, queue, IPC_SET, &state);
	check_end("that got room", child);
	queue_remove(queue);
	CALL(msgctl, queue, IPC_STAT, &state);
	CALL(msgctl, queue, IPC_RMID, NULL);
}

static void owning(void)
{
	int queue = queue_make();
	struct msqid_ds state;
	pid_t child;

	SEND(queue, 1, "private", 0);
	CHILD("a stranger", check_become(NOBODY); SEND(queue, 1, "a", IPC_NOWAIT); RECEIVE(queue, 100, 0, IPC_NOWAIT); CALL(msgctl, queue, IPC_STAT, &state); CALL(msgctl, queue, IPC_SET, &state); CALL(msgctl, queue, IPC_RMID, NULL);
	      RECEIVE(queue, 100, 0, IPC_NOWAIT | MSG_COPY));
	syscall(SYS_msgctl, queue, IPC_STAT, &state);
	state.msg_perm.uid = NOBODY;
	state.msg_perm.mode = 0622;
	CALL(msgctl, queue, IPC_SET, &state);
	syscall(SYS_msgctl, queue, IPC_STAT, &state);
	SHOW("given away", "mode %o, owner %d %d %d", state.msg_perm.mode, state.msg_perm.uid, state.msg_perm.gid, state.msg_perm.cuid);
	CHILD("the owner", check_become(NOBODY); RECEIVE(queue, 100, 0, IPC_NOWAIT); state.msg_qbytes = ROOM + 1; CALL(msgctl, queue, IPC_SET, &state); state.msg_qbytes = ROOM; CALL(msgctl, queue, IPC_SET, &state));
	CHILD("another", check_become(NOBODY + 1); SEND(queue, 1, "may", IPC_NOWAIT); RECEIVE(queue, 100, 0, IPC_NOWAIT));
	RECEIVE(queue, 100, 0, IPC_NOWAIT);
	state.msg_perm.mode = 0666;
	CALL(msgctl, queue, IPC_SET, &state);
	WAITING_CHILD(child, check_become(NOBODY + 1); RECEIVE(queue, 100, 0, 0));
	state.msg_perm.mode = 0622;
	CALL(msgctl, queue, IPC_SET, &state);
	check_end("that lost its right", child);
	state.msg_perm.uid = (uid_t)-1;
	CALL(msgctl, queue, IPC_SET, &state);
	CHILD("the owner", check_become(NOBODY); CALL(msgctl, queue, IPC_RMID, NULL));
	CALL(msgctl, queue, IPC_STAT, &state);
}

static void limits(void)
{
	int queue = queue_make(), other;
	struct msginfo info;
	struct msqid_ds state;
	const char *row;
	long highest = syscall(SYS_msgctl, 0, IPC_INFO, &info);

	SHOW("limits", "%d %d %d %d %d %d %d %d", info.msgpool, info.msgmap, info.msgmax, info.msgmnb, info.msgmni, info.msgssz, info.msgtql, info.msgseg);
	SEND(queue, 1, "one", 0);
	SEND(queue, 2, "two", 0);
	GOOD(msgctl, 0, MSG_INFO, &info);
	SHOW("in use", "%d queues, %d messages, %d bytes", info.msgpool, info.msgmap, info.msgtql);
	SHOW("the highest place is told", "%d", highest == check_place(SYS_msgctl, queue, MSG_STAT));
	CALL(msgctl, 0, IPC_INFO, BAD_ADDRESS);
	CALL(msgctl, 0, MSG_INFO, BAD_ADDRESS);
	CALL(msgctl, 30000, MSG_STAT, &state);
	CHILD("a stranger", check_become(NOBODY); SHOW("sees places", "%d, and with ANY %d", check_place(SYS_msgctl, queue, MSG_STAT), check_place(SYS_msgctl, queue, 13) == highest); CALL(msgctl, highest, MSG_STAT, &state));
	check_show_setting("/proc/sys/kernel/msgmax");
	check_show_setting("/proc/sys/kernel/msgmnb");
	check_show_setting("/proc/sys/kernel/msgmni");
	check_setting("/proc/sys/kernel/msgmni", "1\n");
	GOOD(msgget, IPC_PRIVATE, IPC_CREAT);
	check_setting("/proc/sys/kernel/msgmni", "32769\n");
	check_setting("/proc/sys/kernel/msgmni", "32000\n");
	check_setting("/proc/sys/kernel/msgmax", "3\n");
	SEND(queue, 2, "two", 0);
	SEND(queue, 2, "2.", 0);
	check_setting("/proc/sys/kernel/msgmax", "8192\n");
	check_setting("/proc/sys/kernel/msgmnb", "9\n");
	other = queue_make();
	SEND(other, 1, "123456789", IPC_NOWAIT);
	SEND(other, 1, "12345678", IPC_NOWAIT);
	queue_remove(other);
	check_setting("/proc/sys/kernel/msgmnb", "16384\n");
	row = check_table("/proc/sysvipc/msg");
	SHOW("key", "%.10s", row);
	SHOW("mode, bytes, messages", "%.29s", row + 21);
	queue_remove(queue);
}

int main(void)
{
	making();
	choosing();
	sizing();
	pointers();
	filling();
	waiting();
	interrupting();
	telling();
	owning();
	limits();
	return 0;
}
