/* SPDX-License-Identifier: MIT */
/* Filters of sockets (SO_ATTACH_FILTER): which programs are taken, what they come to, and what becomes of the messages. Thousands of programs are made from numbers that are the same in each run; of each fifty a sum is told. */
#include <sys/socket.h>

#include "check.h"

/* As linux/filter.h has it, which a C library alone has not. */
struct sock_filter {
	unsigned short code;
	unsigned char jt, jf;
	unsigned k;
};

struct sock_fprog {
	unsigned short len;
	struct sock_filter *filter;
};

enum { BPF_LD, BPF_LDX, BPF_ST, BPF_STX, BPF_ALU, BPF_JMP, BPF_RET, BPF_MISC };
enum { BPF_W = 0, BPF_H = 0x08, BPF_B = 0x10, BPF_IMM = 0, BPF_ABS = 0x20, BPF_IND = 0x40, BPF_MEM = 0x60, BPF_LEN = 0x80, BPF_MSH = 0xa0 };
enum { BPF_ADD = 0, BPF_SUB = 0x10, BPF_DIV = 0x30, BPF_AND = 0x50, BPF_LSH = 0x60, BPF_RSH = 0x70, BPF_MOD = 0x90, BPF_XOR = 0xa0 };
enum { BPF_JA = 0, BPF_JEQ = 0x10, BPF_K = 0, BPF_X = 0x08, BPF_A = 0x10, BPF_TAX = 0, BPF_TXA = 0x80, BPF_MAXINSNS = 4096 };
enum { SKF_AD_PROTOCOL = 0, SKF_AD_PKTTYPE = 4, SKF_AD_IFINDEX = 8, SKF_AD_NLATTR = 12, SKF_AD_NLATTR_NEST = 16, SKF_AD_MARK = 20, SKF_AD_QUEUE = 24, SKF_AD_HATYPE = 28, SKF_AD_RXHASH = 32, SKF_AD_ALU_XOR_X = 40,
	SKF_AD_VLAN_TAG = 44, SKF_AD_VLAN_TAG_PRESENT = 48, SKF_AD_PAY_OFFSET = 52, SKF_AD_VLAN_TPID = 60 };

#define BPF_CLASS(code) ((code)&7)
#define BPF_STMT(code, k) {(unsigned short)(code), 0, 0, (unsigned)(k)}
#define BPF_JUMP(code, k, jt, jf) {(unsigned short)(code), jt, jf, (unsigned)(k)}
#define SKF_AD_OFF (-0x1000)
#define SKF_NET_OFF (-0x100000)
#define SKF_LL_OFF (-0x200000)
#ifndef SO_GET_FILTER
#define SO_GET_FILTER SO_ATTACH_FILTER
#endif
#ifndef SO_DETACH_REUSEPORT_BPF
#define SO_DETACH_REUSEPORT_BPF 68
#endif

#define MESSAGE 1024
#define PROGRAM_MOST 64
#define ROUNDS 40
#define PROGRAMS 50

#define PROGRAM(...) ((struct sock_filter[]){__VA_ARGS__})
#define COUNT(...) (sizeof((struct sock_filter[]){__VA_ARGS__}) / sizeof(struct sock_filter))
#define ATTACH(file, ...) CALL(setsockopt, file, SOL_SOCKET, SO_ATTACH_FILTER, &((struct sock_fprog){COUNT(__VA_ARGS__), PROGRAM(__VA_ARGS__)}), sizeof(struct sock_fprog))
#define TAKE BPF_STMT(BPF_RET | BPF_K, 0xffffffff)

static int sends, receives; /* a pair of datagram sockets; the second has the filters */

static long attach(int file, const struct sock_filter *program, unsigned short count)
{
	struct sock_fprog given = {count, (struct sock_filter *)program};

	return syscall(SYS_setsockopt, file, SOL_SOCKET, SO_ATTACH_FILTER, &given, sizeof(given));
}

static void pair_make(int type)
{
	int pair[2];

	close(sends);
	close(receives);
	if (socketpair(AF_UNIX, type, 0, pair))
		check_print("no sockets\n");
	sends = pair[0];
	receives = pair[1];
}

/* What is refused, before a program is looked at. */
static void refusals(void)
{
	static struct sock_filter many[BPF_MAXINSNS + 1];
	struct sock_filter take = TAKE;
	struct sock_fprog program = {1, &take};

	for (int i = 0; i <= BPF_MAXINSNS; i++)
		many[i] = take;
	CALL(setsockopt, receives, SOL_SOCKET, SO_ATTACH_FILTER, &program, 4);
	CALL(setsockopt, receives, SOL_SOCKET, SO_ATTACH_FILTER, &program, 15);
	CALL(setsockopt, receives, SOL_SOCKET, SO_ATTACH_FILTER, &program, 17);
	CALL(setsockopt, receives, SOL_SOCKET, SO_ATTACH_FILTER, BAD_ADDRESS, sizeof(program));
	CALL(setsockopt, receives, SOL_SOCKET, SO_ATTACH_FILTER, check_border() - 8, sizeof(program));
	program.filter = NULL;
	CALL(setsockopt, receives, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
	program.filter = BAD_ADDRESS;
	CALL(setsockopt, receives, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
	program.filter = KERNEL_ADDRESS;
	CALL(setsockopt, receives, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
	program = (struct sock_fprog){0, &take};
	CALL(setsockopt, receives, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
	program = (struct sock_fprog){BPF_MAXINSNS + 1, many};
	CALL(setsockopt, receives, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
	program.len = BPF_MAXINSNS;
	CALL(setsockopt, receives, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
	program.len = 1000;
	CALL(setsockopt, receives, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
	CALL(setsockopt, receives, SOL_SOCKET, SO_DETACH_FILTER, &program, 3);
	CALL(setsockopt, receives, SOL_SOCKET, SO_DETACH_FILTER, &program, 4);
	CALL(setsockopt, receives, SOL_SOCKET, SO_DETACH_FILTER, &program, 4);
	CALL(setsockopt, receives, SOL_SOCKET, SO_ATTACH_BPF, &(int){99}, 4);
	CALL(setsockopt, receives, SOL_SOCKET, SO_ATTACH_BPF, &(int){1}, 4);
	CALL(setsockopt, receives, SOL_SOCKET, SO_ATTACH_BPF, &program, 8);
	program = (struct sock_fprog){1, &take};
	CALL(setsockopt, receives, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof(program));
	CALL(setsockopt, receives, SOL_SOCKET, SO_ATTACH_REUSEPORT_EBPF, &(int){99}, 4);
	CALL(setsockopt, receives, SOL_SOCKET, SO_DETACH_REUSEPORT_BPF, &(int){1}, 4);
	CALL(setsockopt, 0, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

/* The filter is told back as it was given, to who has room for it. */
static void telling(void)
{
	struct sock_filter told[8];
	socklen_t room = 0;

	memset(told, 0, sizeof(told));
	CALL(getsockopt, receives, SOL_SOCKET, SO_GET_FILTER, told, &room);
	SHOW("none", "%d", (int)room);
	ATTACH(receives, BPF_STMT(BPF_LD | BPF_IMM, 7), BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 5), BPF_STMT(BPF_RET | BPF_A, 9));
	room = 0;
	CALL(getsockopt, receives, SOL_SOCKET, SO_GET_FILTER, NULL, &room);
	SHOW("instructions", "%d", (int)room);
	room = 2;
	CALL(getsockopt, receives, SOL_SOCKET, SO_GET_FILTER, told, &room);
	room = 3;
	CALL(getsockopt, receives, SOL_SOCKET, SO_GET_FILTER, BAD_ADDRESS, &room);
	room = 8;
	CALL(getsockopt, receives, SOL_SOCKET, SO_GET_FILTER, told, &room);
	SHOW("instructions", "%d", (int)room);
	check_bytes("told", told, 3 * sizeof(told[0]));
}

/* A locked filter stays; without one, none comes. */
static void locking(void)
{
	pair_make(SOCK_DGRAM);
	ATTACH(receives, TAKE);
	CALL(setsockopt, receives, SOL_SOCKET, SO_LOCK_FILTER, &(int){1}, 4);
	ATTACH(receives, TAKE);
	CALL(setsockopt, receives, SOL_SOCKET, SO_ATTACH_BPF, &(int){99}, 4);
	CALL(setsockopt, receives, SOL_SOCKET, SO_DETACH_FILTER, &(int){0}, 4);
	CALL(setsockopt, receives, SOL_SOCKET, SO_LOCK_FILTER, &(int){0}, 4);
	pair_make(SOCK_DGRAM);
	CALL(setsockopt, receives, SOL_SOCKET, SO_LOCK_FILTER, &(int){1}, 4);
	ATTACH(receives, TAKE);
	CALL(setsockopt, receives, SOL_SOCKET, SO_DETACH_FILTER, &(int){0}, 4);
	pair_make(SOCK_DGRAM);
}

/* Which codes are taken, with which k; in the middle of a program, and as its last instruction. */
static void codes(void)
{
	static const unsigned numbers[] = {0, 1, 15, 16, 31, 32, 0x7fffffff, 0xffefffff, 0xffffefff, 0xfffff000, 0xfffff004, 0xfffff02a, 0xfffff03c, 0xfffff040, 0xffffffff};

	for (unsigned at = 0; at < sizeof(numbers) / sizeof(numbers[0]); at++) {
		unsigned taken = 0, last = 0, sum = 0;

		for (unsigned code = 0; code < 1024; code++) {
			struct sock_filter program[] = {BPF_STMT(BPF_ST, 1), {(unsigned short)code, 0, 0, numbers[at]}, TAKE};

			if (attach(receives, program, 3) == 0) {
				taken++;
				sum = sum * 31 + code;
			}
			if (attach(receives, program, 2) == 0) {
				last++;
				sum = sum * 17 + code;
			}
		}
		check_print("k %x: %u codes, %u at the end, sum %08x\n", numbers[at], taken, last, sum);
	}
	ATTACH(receives, {BPF_JMP | BPF_JA, 0, 0, 1}, TAKE, TAKE);
	ATTACH(receives, {BPF_JMP | BPF_JA, 0, 0, 2}, TAKE, TAKE);
	ATTACH(receives, {BPF_JMP | BPF_JA, 0, 0, 0xffffffff}, TAKE, TAKE);
	ATTACH(receives, BPF_JUMP(BPF_JMP | BPF_JEQ, 0, 1, 1), TAKE, TAKE);
	ATTACH(receives, BPF_JUMP(BPF_JMP | BPF_JEQ, 0, 2, 1), TAKE, TAKE);
	ATTACH(receives, BPF_JUMP(BPF_JMP | BPF_JEQ, 0, 1, 2), TAKE, TAKE);
	ATTACH(receives, BPF_STMT(BPF_LD | BPF_MEM, 3), TAKE);
	ATTACH(receives, BPF_JUMP(BPF_JMP | BPF_JEQ, 0, 0, 1), BPF_STMT(BPF_ST, 3), BPF_STMT(BPF_LD | BPF_MEM, 3), TAKE);
	ATTACH(receives, BPF_JUMP(BPF_JMP | BPF_JEQ, 0, 1, 0), BPF_STMT(BPF_ST, 3), BPF_STMT(BPF_LDX | BPF_MEM, 3), TAKE);
	ATTACH(receives, BPF_JUMP(BPF_JMP | BPF_JEQ, 0, 0, 2), BPF_STMT(BPF_STX, 3), BPF_JUMP(BPF_JMP | BPF_JA, 1, 0, 0), BPF_STMT(BPF_ST, 3), BPF_STMT(BPF_LD | BPF_MEM, 3), TAKE);
	ATTACH(receives, TAKE, BPF_STMT(BPF_LD | BPF_MEM, 3), TAKE);
}

/* Sends bytes of which each says where it is. What is received, or -errno. */
static long sent(unsigned bytes)
{
	static unsigned char message[MESSAGE], received[MESSAGE];
	long count;

	for (unsigned i = 0; i < bytes; i++)
		message[i] = (unsigned char)(i * 37 + (i >> 4) + 1);
	count = send(sends, message, bytes, MSG_DONTWAIT);
	if (count != (long)bytes)
		check_print("sent %ld\n", count < 0 ? -(long)errno : count);
	count = recv(receives, received, sizeof(received), MSG_DONTWAIT);
	if (count > 0 && memcmp(message, received, (size_t)count) != 0)
		check_print("other bytes\n");
	return count < 0 ? -errno : count;
}

#define RUN(bytes, ...)                                                                                     \
	do {                                                                                                \
		long error = attach(receives, PROGRAM(__VA_ARGS__), COUNT(__VA_ARGS__)) ? errno : 0;        \
		check_print("%s: %s, %ld\n", #__VA_ARGS__, error ? check_errno_name((int)error) : "taken", sent(bytes)); \
	} while (0)

#define ANCILLARY(what) BPF_STMT(BPF_LD | BPF_IMM, 5), BPF_STMT(BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF + (what)), BPF_STMT(BPF_ALU | BPF_ADD, 3), BPF_STMT(BPF_RET | BPF_A, 0)

/* What becomes of messages. */
static void passing(void)
{
	RUN(100, TAKE);
	RUN(100, BPF_STMT(BPF_RET | BPF_K, 0));
	RUN(100, BPF_STMT(BPF_RET | BPF_K, 1));
	RUN(100, BPF_STMT(BPF_RET | BPF_K, 99));
	RUN(100, BPF_STMT(BPF_RET | BPF_K, 101));
	RUN(0, BPF_STMT(BPF_RET | BPF_K, 5));
	RUN(0, BPF_STMT(BPF_RET | BPF_K, 0));
	RUN(100, BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0), BPF_STMT(BPF_ALU | BPF_SUB, 10), BPF_STMT(BPF_RET | BPF_A, 0));
	RUN(100, BPF_STMT(BPF_LDX | BPF_W | BPF_LEN, 0), BPF_STMT(BPF_MISC | BPF_TXA, 0), BPF_STMT(BPF_ALU | BPF_RSH, 1), BPF_STMT(BPF_RET | BPF_A, 0));
	RUN(100, BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0), BPF_STMT(BPF_RET | BPF_A, 0));
	RUN(100, BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 0), BPF_STMT(BPF_ALU | BPF_RSH, 4), BPF_STMT(BPF_RET | BPF_A, 0));
	RUN(100, BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 99), BPF_STMT(BPF_RET | BPF_K, 9));
	RUN(100, BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 100), BPF_STMT(BPF_RET | BPF_K, 9));
	RUN(100, BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 99), BPF_STMT(BPF_RET | BPF_K, 9));
	RUN(100, BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 97), BPF_STMT(BPF_RET | BPF_K, 9));
	RUN(100, BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0x7fffffff), BPF_STMT(BPF_RET | BPF_K, 9));
	RUN(100, BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0), BPF_STMT(BPF_MISC | BPF_TXA, 0), BPF_STMT(BPF_RET | BPF_A, 0));
	RUN(100, BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 100), BPF_STMT(BPF_RET | BPF_K, 9));
	RUN(100, BPF_STMT(BPF_LDX | BPF_IMM, 0xffffffff), BPF_STMT(BPF_LD | BPF_B | BPF_IND, 4), BPF_STMT(BPF_RET | BPF_A, 0));
	RUN(100, BPF_STMT(BPF_LDX | BPF_IMM, 0xfffff000), BPF_STMT(BPF_LD | BPF_B | BPF_IND, 4), BPF_STMT(BPF_RET | BPF_K, 9));
	RUN(100, BPF_STMT(BPF_LD | BPF_B | BPF_ABS, SKF_NET_OFF + 2), BPF_STMT(BPF_RET | BPF_A, 0));
	RUN(100, BPF_STMT(BPF_LD | BPF_B | BPF_ABS, SKF_LL_OFF + 2), BPF_STMT(BPF_RET | BPF_K, 9));
	RUN(100, BPF_STMT(BPF_LD | BPF_IMM, 50), BPF_STMT(BPF_LDX | BPF_IMM, 0), BPF_STMT(BPF_ALU | BPF_DIV | BPF_X, 0), BPF_STMT(BPF_RET | BPF_K, 9));
	RUN(100, BPF_STMT(BPF_LD | BPF_IMM, 50), BPF_STMT(BPF_ALU | BPF_MOD | BPF_X, 0), BPF_STMT(BPF_RET | BPF_K, 9));
	RUN(100, BPF_STMT(BPF_LD | BPF_IMM, 1), BPF_STMT(BPF_LDX | BPF_IMM, 36), BPF_STMT(BPF_ALU | BPF_LSH | BPF_X, 0), BPF_STMT(BPF_RET | BPF_A, 0));
	RUN(100, BPF_STMT(BPF_LDX | BPF_IMM, 12), BPF_STMT(BPF_LD | BPF_IMM, 5), BPF_STMT(BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF + SKF_AD_ALU_XOR_X), BPF_STMT(BPF_RET | BPF_A, 0));
	RUN(100, ANCILLARY(SKF_AD_PROTOCOL));
	RUN(100, ANCILLARY(SKF_AD_PKTTYPE));
	RUN(100, ANCILLARY(SKF_AD_IFINDEX));
	RUN(100, ANCILLARY(SKF_AD_MARK));
	RUN(100, ANCILLARY(SKF_AD_QUEUE));
	RUN(100, ANCILLARY(SKF_AD_HATYPE));
	RUN(100, ANCILLARY(SKF_AD_RXHASH));
	RUN(100, ANCILLARY(SKF_AD_VLAN_TAG));
	RUN(100, ANCILLARY(SKF_AD_VLAN_TAG_PRESENT));
	RUN(100, ANCILLARY(SKF_AD_PAY_OFFSET));
	RUN(100, ANCILLARY(SKF_AD_VLAN_TPID));
}

/* Attributes of netlink in a message: found by their type, one after the other or one inside of another. */
static void attributes(void)
{
	static const unsigned short message[] = {8, 1, 10, 11, 20, 2, 8, 3, 12, 13, 8, 1, 14, 15, 5, 4, 0, 0, 4, 0x8005, 3, 6, 0, 0};
	struct sock_filter program[] = {BPF_STMT(BPF_LD | BPF_IMM, 0), BPF_STMT(BPF_LDX | BPF_IMM, 0), BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0), BPF_STMT(BPF_ALU | BPF_ADD, 1), BPF_STMT(BPF_RET | BPF_A, 0)};
	char received[sizeof(message)];

	for (int nested = 0; nested < 2; nested++) {
		program[2].k = (unsigned)SKF_AD_OFF + (nested ? SKF_AD_NLATTR_NEST : SKF_AD_NLATTR);
		for (program[0].k = 0; program[0].k < 48; program[0].k += program[0].k == 44 ? 1 : 4) {
			check_print("%s from %u:", nested ? "in the one" : "on", program[0].k);
			for (program[1].k = 0; program[1].k < 8; program[1].k++) {
				if (attach(receives, program, 5))
					check_print(" refused");
				(void)!send(sends, message, sizeof(message), 0);
				check_print(" %ld", (long)recv(receives, received, sizeof(received), MSG_DONTWAIT));
			}
			check_print("\n");
		}
	}
}

static unsigned state = 1;

static unsigned next(unsigned below)
{
	state = state * 1664525 + 1013904223;
	return (state >> 8) % below;
}

/* Instructions that may stand anywhere; and numbers at which something may change. */
static struct sock_filter instruction_make(unsigned left)
{
	static const unsigned short codes[] = {0x00, 0x20, 0x28, 0x30, 0x40, 0x48, 0x50, 0x60, 0x80, 0x01, 0x61, 0x81, 0xb1, 0x02, 0x03, 0x04, 0x0c, 0x14, 0x1c, 0x24, 0x2c, 0x34, 0x3c, 0x44, 0x4c, 0x54, 0x5c,
		0x64, 0x6c, 0x74, 0x7c, 0x84, 0x94, 0x9c, 0xa4, 0xac, 0x05, 0x15, 0x1d, 0x25, 0x2d, 0x35, 0x3d, 0x45, 0x4d, 0x06, 0x16, 0x07, 0x87};
	static const unsigned numbers[] = {0, 1, 2, 0xff, 0x100, 1023, 1024, 0x7fffffff, 0x80000000, 0xffffffff, 0xfff00004, 0xffe00004, 0xfffff000, 0xfffff028, 0x12345678};
	struct sock_filter made = {codes[next(sizeof(codes) / sizeof(codes[0]))], 0, 0, next(4) ? next(1200) : numbers[next(sizeof(numbers) / sizeof(numbers[0]))]};

	if (BPF_CLASS(made.code) == BPF_RET && next(6))
		made.code = 0x87;
	if (BPF_CLASS(made.code) == BPF_JMP) {
		unsigned far = left + (next(50) == 0);

		made.jt = (unsigned char)next(far);
		made.jf = (unsigned char)next(far);
		if (made.code == 0x05)
			made.k = next(far);
	}
	if (made.code == 0x60 || made.code == 0x61 || made.code == 0x02 || made.code == 0x03)
		made.k = next(16 + (next(20) == 0));
	if (made.code == 0x64 || made.code == 0x74)
		made.k = next(32 + (next(20) == 0));
	return made;
}

/* A program, which returns a sum of all bits of its accumulator at the end. */
static unsigned short program_make(struct sock_filter *program)
{
	static const struct sock_filter end[] = {BPF_STMT(BPF_MISC | BPF_TAX, 0), BPF_STMT(BPF_ALU | BPF_RSH, 16), BPF_STMT(BPF_ALU | BPF_XOR | BPF_X, 0), BPF_STMT(BPF_MISC | BPF_TAX, 0), BPF_STMT(BPF_ALU | BPF_RSH, 9),
		BPF_STMT(BPF_ALU | BPF_XOR | BPF_X, 0), BPF_STMT(BPF_ALU | BPF_AND, MESSAGE - 1), BPF_STMT(BPF_ALU | BPF_ADD, 1), BPF_STMT(BPF_RET | BPF_A, 0)};
	unsigned short cells = next(3) ? 16 : (unsigned short)next(16), middle = (unsigned short)(1 + next(24)), count = 0;

	program[count++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_IMM, next(1000));
	program[count++] = (struct sock_filter)BPF_STMT(BPF_LDX | BPF_IMM, next(1000));
	for (unsigned short i = 0; i < cells; i++)
		program[count++] = (struct sock_filter){next(2) ? BPF_ST : BPF_STX, 0, 0, i};
	for (unsigned short i = 0; i < middle; i++)
		program[count++] = instruction_make(middle - i);
	memcpy(program + count, end, sizeof(end));
	return (unsigned short)(count + sizeof(end) / sizeof(end[0]));
}

static void many(void)
{
	for (int round = 0; round < ROUNDS; round++) {
		unsigned taken = 0, dropped = 0, sum = 0;

		for (int i = 0; i < PROGRAMS; i++) {
			struct sock_filter program[PROGRAM_MOST];
			long result;

			if (attach(receives, program, program_make(program)))
				continue;
			result = sent(MESSAGE);
			taken++;
			dropped += result == -EAGAIN;
			sum = sum * 31 + (unsigned)result;
		}
		check_print("round %d: %u taken, %u messages dropped, sum %08x\n", round, taken, dropped, sum);
	}
}

/* Who is asked: datagrams and packets, not streams. A full queue is no reason to wait for a message that is not taken. */
static void kinds(void)
{
	char byte;

	pair_make(SOCK_STREAM);
	ATTACH(receives, BPF_STMT(BPF_RET | BPF_K, 0));
	SHOW("of a stream", "%ld", sent(100));
	pair_make(SOCK_SEQPACKET);
	ATTACH(receives, BPF_STMT(BPF_RET | BPF_K, 7));
	SHOW("of packets", "%ld", sent(100));
	ATTACH(receives, BPF_STMT(BPF_RET | BPF_K, 0));
	SHOW("of packets", "%ld", sent(100));
	pair_make(SOCK_DGRAM);
	ATTACH(sends, BPF_STMT(BPF_RET | BPF_K, 0));
	SHOW("the sender's own filter", "%ld", sent(100));
	while (send(sends, "x", 1, MSG_DONTWAIT) == 1)
		;
	SHOW("full", "%s", check_errno_name(errno));
	ATTACH(receives, BPF_STMT(BPF_RET | BPF_K, 0));
	CALL(sendto, sends, "y", 1, MSG_DONTWAIT, NULL, 0);
	while (recv(receives, &byte, 1, MSG_DONTWAIT) == 1)
		;
	SHOW("empty", "%s", check_errno_name(errno));
	close(sends);
	CALL(setsockopt, receives, SOL_SOCKET, SO_DETACH_FILTER, &byte, 4);
}

int main(void)
{
	sends = receives = -1;
	pair_make(SOCK_DGRAM);
	refusals();
	telling();
	locking();
	codes();
	passing();
	attributes();
	many();
	kinds();
	return 0;
}
