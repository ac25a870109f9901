/* SPDX-License-Identifier: MIT */
/* Does what its argument says, in the manner of a test of LTP: prints outcomes in its formats, or behaves as badly as a test can. tests/ltp/run makes a small tree of it for tools/kozo-ltp. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define STATUS_FAIL 1
#define STATUS_BROKEN 2
#define STATUS_NOT_CONFIGURED 32

static int summary(int passed, int failed, int broken, int skipped)
{
	fprintf(stderr, "\nSummary:\npassed   %d\nfailed   %d\nbroken   %d\nskipped  %d\nwarnings 0\n", passed, failed, broken, skipped);
	return failed ? STATUS_FAIL : broken ? STATUS_BROKEN : skipped && !passed ? STATUS_NOT_CONFIGURED : 0;
}

static int passes(void)
{
	fprintf(stderr, "sample.c:1: TPASS: one\nsample.c:2: TPASS: two\nsample.c:3: TCONF: three needs what is not there\n");
	return summary(2, 0, 0, 1);
}

static int fails(void)
{
	fprintf(stderr, "sample.c:1: TPASS: one\nsample.c:2: TFAIL: two is wrong: EINVAL (22)\nsample.c:3: TFAIL: three\n");
	return summary(1, 2, 0, 0);
}

static int breaks(void)
{
	fprintf(stderr, "sample.c:1: TBROK: nothing could be set up\n");
	return summary(0, 0, 1, 0);
}

static int is_not_configured(void)
{
	fprintf(stderr, "sample.c:1: TCONF: not here\n");
	return summary(0, 0, 0, 1);
}

/* The library that older tests use: no summary. */
static int passes_as_of_old(void)
{
	printf("sample      1  TPASS  :  one\nsample      2  TPASS  :  two\nsample      3  TPASS  :  three\n");
	return 0;
}

/* Says that it failed, and exits with 0 all the same. */
static int lies(void)
{
	fprintf(stderr, "sample.c:1: TFAIL: one is wrong\n");
	return 0;
}

static _Noreturn void stay(void)
{
	signal(SIGTERM, SIG_IGN);
	for (;;)
		pause();
}

static _Noreturn int hangs(void)
{
	fprintf(stderr, "sample.c:1: TPASS: before it hangs\n");
	stay();
}

static _Noreturn int floods(void)
{
	for (long line = 0;; line++)
		printf("line %ld of a test that prints for ever\n", line);
}

/* Fills the machine with processes, each of which goes on with it, in sessions of their own. */
static _Noreturn int bombs(void)
{
	for (;;)
		if (!fork())
			setsid();
}

static int crashes(void)
{
	raise(SIGSEGV);
	return 0;
}

/* Leaves a process that ignores what it can, a mount, and files that nobody may read. */
static int leaves(void)
{
	mkdir("mounted", 0700);
	if (mount("tmpfs", "mounted", "tmpfs", 0, NULL) || mkdir("mounted/left", 0) || mkdir("left", 0))
		return STATUS_BROKEN;
	if (!fork()) {
		setsid();
		stay();
	}
	fprintf(stderr, "sample.c:1: TPASS: left things behind\n");
	return summary(1, 0, 0, 0);
}

/* That nothing of it is there afterwards: our parent's shell, the runner, and the first processes are all that is. */
static int finds(void)
{
	int left = access("left", F_OK) == 0 || access("mounted", F_OK) == 0 || system("ps -o args | grep -q '[s]ample leaves'") == 0 || system("grep -q /tmp/ltp/ /proc/mounts") == 0;

	fprintf(stderr, left ? "sample.c:1: TFAIL: something is left\n" : "sample.c:1: TPASS: nothing is left\n");
	return summary(!left, left, 0, 0);
}

/* Ends every process there is, the runner too: the machine is lost for those behind it. */
static int kills(void)
{
	kill(-1, SIGKILL);
	return 0;
}

static const struct {
	const char *name;
	int (*act)(void);
} deeds[] = {
	{"passes", passes}, {"fails", fails}, {"breaks", breaks}, {"is_not_configured", is_not_configured}, {"passes_as_of_old", passes_as_of_old}, {"lies", lies}, {"hangs", hangs}, {"floods", floods}, {"bombs", bombs},
	{"crashes", crashes}, {"leaves", leaves}, {"finds", finds}, {"kills", kills},
};

int main(int count, char **arguments)
{
	for (size_t index = 0; count == 2 && index < sizeof(deeds) / sizeof(*deeds); index++)
		if (!strcmp(arguments[1], deeds[index].name))
			return deeds[index].act();
	return STATUS_BROKEN;
}
