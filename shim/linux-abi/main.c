/* SPDX-License-Identifier: MIT */
/*
 * linux-abi: the Linux personality. It runs unmodified Linux programs: their system calls and faults come to it as messages, and it answers them by what it does with files (vfs and filesystems), memory (its own) and time.
 *
 * It starts with the first program, /init (or /bin/sh), on the console, and serves until that has ended; or, in a machine of kozo-run, with an init that waits for orphans, and the one program (run/run.h). When it dies its processes are gone: what they had in memory was in the Untyped that init reclaims. The next instance starts anew.
 */
#include "file/content.h"
#include "lib/file.h"
#include "lib/log.h"
#include "lib/service.h"
#include "mm/frames.h"
#include "mm/host.h"
#include "proc/proc.h"
#include "process/handlers.h"
#include "process/life.h"
#include "process/loop.h"
#include "process/names.h"
#include "process/system.h"
#include "process/system_log.h"
#include "run/run.h"
#include "terminal/console_files.h"
#include "terminal/pty.h"
#include "terminal/terminal.h"
#include "vdso/vdso.h"

static const char *const programs[] = {"/init", "/sbin/init", "/bin/sh"}, *const waiting[] = {"/sbin/init"};
static const char *const environment[] = {"HOME=/", "TERM=linux", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", NULL};

/* In a fiber: what is read from disks may be waited for. */
static void first_start(void *argument)
{
	struct task *task = process_first();
	int error = task ? console_files_open(task) : -ENOMEM;
	bool runs = run_start(); /* one program, for kozo-run: the first process only waits for orphans */
	const char *const *tried = runs ? waiting : programs;
	size_t count = runs ? sizeof(waiting) / sizeof(waiting[0]) : sizeof(programs) / sizeof(programs[0]);

	(void)argument;
	for (size_t i = 0; !error && i < count; i++) {
		const char *const arguments[] = {tried[i], NULL};

		task->fiber = fiber_self();
		error = program_begin(task, tried[i], arguments, environment);
		task->fiber = NULL;
		if (!error) {
			host_serve();
			return;
		}
		system_log(LINUX_LOGLEVEL_WARNING, "%s cannot be started: error %d", tried[i], (int64_t)error);
		if (i + 1 < count)
			error = 0;
	}
	system_log(LINUX_LOGLEVEL_EMERG, "there is no first program: error %d", (int64_t)error);
}

#define REMEMBERED_BYTES (256 * 1024) /* for what paths lead to */
#define PARKED_BYTES (32 * 1024)      /* for 64 files that are closed */

static _Alignas(8) unsigned char remembered[REMEMBERED_BYTES], parked[PARKED_BYTES];

int main(void)
{
	handle_t untyped = start_find("untyped")->slot;

	if (!frames_start(untyped) || !host_start(untyped) || !loop_provide() || !vdso_start()) {
		log_print("there is too little memory\n");
		return 1;
	}
	if (file_start() != 0) {
		log_print("there are no files: vfs does not answer\n");
		return 1;
	}
	frames_reclaim_by(contents_shrink);
	system_log(LINUX_LOGLEVEL_DEBUG, "%s %s, %s: %u KiB of memory", SYSTEM_NAME, SYSTEM_RELEASE, SYSTEM_VERSION, frames_total() * (PAGE_SIZE / 1024));
	path_remember(remembered, sizeof(remembered));
	file_park(parked, sizeof(parked));
	proc_start();
	pty_start();
	if (!console_start())
		system_log(LINUX_LOGLEVEL_WARNING, "there is no console");
	if (!loop_work(first_start, NULL))
		return 1;
	loop_run();
}
