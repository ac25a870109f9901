/* SPDX-License-Identifier: MIT */
/*
 * ramfs and its server killed at any instruction, in the middle of random operations.
 *
 * For each operation a child process is the server: it carries out the request on a region that it shares with this process, and is killed after a random number of instructions (PTRACE_SINGLESTEP). Then
 * this process opens the region as the next instance would, checks it whole, and repeats the request as the client would. The answer and the tree must be what the model says: neither lost nor done twice.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/host/ramfs/world.h"

#define OPERATIONS 400
#define STEPS_MAX 12000

static struct {
	int killed, finished;
	long steps, steps_most;
} count;

/* Runs the request in a child that is killed after `steps` instructions, if it takes so many. */
static void run_and_kill(struct world *world, struct file_exchange exchange, long steps)
{
	pid_t child = fork();
	int status;
	long taken = 0;

	assert_true(child >= 0);
	if (child == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		filesystem_handle(&world->server, &exchange);
		_exit(0);
	}
	waitpid(child, &status, 0);
	assert_true(WIFSTOPPED(status));
	while (taken < steps && WIFSTOPPED(status)) {
		ptrace(PTRACE_SINGLESTEP, child, 0, 0);
		waitpid(child, &status, 0);
		if (WIFSTOPPED(status) && WSTOPSIG(status) != SIGTRAP)
			fail_msg("the server received signal %d", WSTOPSIG(status));
		taken++;
	}
	if (WIFSTOPPED(status)) {
		kill(child, SIGKILL);
		waitpid(child, &status, 0);
		count.killed++;
	} else {
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
		count.finished++;
	}
	count.steps += taken;
	if (taken > count.steps_most)
		count.steps_most = taken;
}

static void step(struct world *world, struct model *model, unsigned *seed)
{
	struct operation o = operation_choose(model, seed);
	struct file_exchange x, again;
	bool full = operation_full(world, &o);
	const char *wrong;
	int64_t got, expected;

	if (o.kind == APPEND && model->open[o.id] >= 0 && model->node[model->open[o.id]].size > CONTENT_MAX - 50000)
		o.kind = TRUNCATE;
	if (o.kind == WRITE || o.kind == APPEND)
		o.bytes %= 10000;
	x = operation_request(world, model, &o);
	world->now++;
	model->now = world->now;
	again = x;
	run_and_kill(world, x, (long)(random_next(seed) % (random_next(seed) % 2 ? STEPS_MAX : 1500)));
	world_open(world);
	wrong = world_check(world);
	if (wrong)
		fail_msg("%s: after the kill, %s", operation_text(&o), wrong);
	filesystem_handle(&world->server, &again);
	got = (int64_t)again.data[0];
	expected = model_carry_out(model, &o, &again);
	if (o.kind == CLOSE && got == -EBADF) /* it is not numbered: the instance that was killed may have closed it */
		got = expected;
	if (got != expected && !(got == -ENOSPC && full && expected >= 0) && !(got == -ENOSPC && o.kind == RENAME))
		fail_msg("%s: repeated after a kill, answered %ld, must be %ld", operation_text(&o), (long)got, (long)expected);
	wrong = world_compare(world, model);
	if (wrong)
		fail_msg("%s: repeated after a kill, %s", operation_text(&o), wrong);
}

static void test_kills(void **state)
{
	struct world world;
	struct model model;
	unsigned seed = 4711;

	(void)state;
	world_make(&world, WORLD_BYTES, true);
	model_make(&model);
	for (int i = 0; i < OPERATIONS; i++)
		step(&world, &model, &seed);
	printf("# %d killed, %d had answered; %ld instructions, at most %ld in one operation\n", count.killed, count.finished, count.steps, count.steps_most);
	assert_true(count.killed > OPERATIONS / 3 && count.finished > OPERATIONS / 10);
	model_free(&model);
	world_free(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_kills)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
