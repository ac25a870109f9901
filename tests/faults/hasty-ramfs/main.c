/* SPDX-License-Identifier: MIT */
/*
 * ramfs with a planted fault: it acknowledges before it commits. The transaction of a request stays open until its caller has its answer; a server that is killed in between has told a client what then never happened. The
 * tests of tests/faults must notice it.
 *
 * It is the product's ramfs but for two things that its main names: the table of operations, in which commit only remembers, and the loop, which commits when it has answered.
 */
#include "servers/ramfs/ramfs.h"

#include "lib/file_service.h"
#include "lib/string.h"

static struct filesystem_operations hasty_operations;
static void hasty_run(const struct file_service *service);

#define ramfs_operations hasty_operations
#define file_service_run hasty_run
#define main ramfs_main
int ramfs_main(void);
/* NOLINTNEXTLINE(bugprone-suspicious-include): the planted fault lies in what its main names */
#include "servers/ramfs/main.c"
#undef ramfs_operations
#undef file_service_run
#undef main

static bool owed; /* a commit */

static void commit_now(void)
{
	if (owed)
		ramfs_operations.commit(&ramfs);
	owed = false;
}

static void hasty_commit(void *core)
{
	(void)core;
	owed = true;
}

static void hasty_begin(void *core)
{
	commit_now();
	ramfs_operations.begin(core);
}

/* Answers by a call of its own, so that there is a time between answer and commit. */
static enum error answer_give(struct request *request)
{
	handle_t held = service_hold();

	return held ? service_answer(held, request) : ERR_BUSY;
}

static void hasty_run(const struct file_service *service)
{
	struct request request;
	enum error error = service_receive(&request);

	while (error == OK) {
		struct file_exchange exchange = {.label = request.label, .badge = request.badge, .words = request.words};

		if (request.kind == MESSAGE_CALL) {
			memcpy(exchange.data, request.data, sizeof(exchange.data));
			service->handle(service->context, 0, &exchange);
			request.label = request.caps = 0;
			request.words = exchange.words;
			memcpy(request.data, exchange.data, sizeof(request.data));
			error = answer_give(&request);
			commit_now();
		}
		if (error == OK)
			error = service_receive(&request);
	}
}

int main(void)
{
	hasty_operations = ramfs_operations;
	hasty_operations.begin = hasty_begin;
	hasty_operations.commit = hasty_commit;
	return ramfs_main();
}
