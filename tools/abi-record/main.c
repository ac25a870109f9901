/* SPDX-License-Identifier: MIT */
/*
 * Runs a program on Linux and records every system call of it and of all that it starts, as tools/kozo-run --trace does on Kozo.
 *
 *	abi-record [-o FILE] PROGRAM [ARGUMENT...]
 *
 * The lines go to FILE, or to standard error. Exit status: the program's, 128+N when signal N ended it, 127 when it cannot be started, 125 when the recording failed or is not whole. At the end one line on standard error tells how many calls
 * there were, how many events were lost (any is a failure), and how many arguments could not be read (their lines are marked).
 *
 * The recorder is one file, which needs a kernel with BPF, its type information and raw tracepoints, and the right to use them. It is at work before the program whenever there is something to take, so that the ring does not fill. The
 * recording ends with the program; what others that it has started still do is not in it.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/abi-record/lines.h"
#include "tools/abi-record/plans.h"

#define FAILED 125
#define NOT_FOUND 127
#define LOOK_MS 20

/* The probe, as an ELF file inside of this one. */
extern const uint8_t probe_start[], probe_end[];
__asm__(".section .rodata\n.balign 8\n.global probe_start, probe_end\nprobe_start:\n.incbin \"" PROBE "\"\nprobe_end:\n.previous\n");

struct recorder {
	struct bpf_object *probe;
	struct ring_buffer *ring;
	struct lines lines;
	int control;
};

static int event_take(void *context, void *data, size_t bytes)
{
	struct recorder *recorder = context;
	const struct record_event *event = data;

	if (bytes < sizeof(*event) || bytes - sizeof(*event) < event->bytes)
		errx(FAILED, "an event of %zu bytes is not whole", bytes);
	lines_take(&recorder->lines, event);
	return 0;
}

static int map_of(const struct recorder *recorder, const char *name)
{
	int file = bpf_object__find_map_fd_by_name(recorder->probe, name);

	if (file < 0)
		errx(FAILED, "the probe has no table %s", name);
	return file;
}

static void plans_tell(const struct recorder *recorder)
{
	static struct record_plan plans[RECORD_CALLS];
	int table = map_of(recorder, "plans");

	plans_make(plans);
	for (uint32_t number = 0; number < RECORD_CALLS; number++) {
		if (bpf_map_update_elem(table, &number, &plans[number], BPF_ANY))
			err(FAILED, "the plan of call %u", number);
	}
}

static void parent_tell(const struct recorder *recorder)
{
	struct record_control control = {.parent = (uint32_t)getpid()};
	uint32_t key = 0;

	if (bpf_map_update_elem(recorder->control, &key, &control, BPF_ANY))
		err(FAILED, "the probe's control");
}

static uint64_t lost_count(const struct recorder *recorder)
{
	struct record_control control;
	uint32_t key = 0;

	if (bpf_map_lookup_elem(recorder->control, &key, &control))
		err(FAILED, "the probe's control");
	return control.lost;
}

static int library_says(enum libbpf_print_level level, const char *format, va_list arguments)
{
	return level == LIBBPF_WARN ? vfprintf(stderr, format, arguments) : 0;
}

static void probe_start_all(struct recorder *recorder)
{
	struct bpf_program *program;

	libbpf_set_print(library_says);
	recorder->probe = bpf_object__open_mem(probe_start, (size_t)(probe_end - probe_start), NULL);
	if (!recorder->probe || bpf_object__load(recorder->probe))
		err(FAILED, "this kernel does not take the probe");
	recorder->control = map_of(recorder, "control");
	plans_tell(recorder);
	recorder->ring = ring_buffer__new(map_of(recorder, "events"), event_take, recorder, NULL);
	if (!recorder->ring)
		err(FAILED, "the ring of events");
	bpf_object__for_each_program(program, recorder->probe) {
		if (!bpf_program__attach(program))
			err(FAILED, "%s cannot be attached", bpf_program__name(program));
	}
}

/* The child is followed from its first instruction on. */
static pid_t program_start(struct recorder *recorder, char **words)
{
	pid_t child;

	parent_tell(recorder);
	child = fork();
	if (child < 0)
		err(FAILED, "no process for %s", words[0]);
	if (child == 0) {
		execvp(words[0], words);
		warn("%s", words[0]);
		_exit(NOT_FOUND);
	}
	recorder->lines.root = (uint32_t)child;
	return child;
}

/* Before all others: a ring that is full loses events. Without the right to it, the ring's size must do. */
static void go_first(void)
{
	struct sched_param first = {.sched_priority = 1};

	if (sched_setscheduler(0, SCHED_FIFO, &first))
		warn("the recorder cannot go first");
}

static int record(struct recorder *recorder, pid_t child)
{
	int status, taken;

	do {
		taken = ring_buffer__poll(recorder->ring, LOOK_MS);
		if (taken < 0 && taken != -EINTR)
			errx(FAILED, "the ring of events: %s", strerror(-taken));
	} while (waitpid(child, &status, WNOHANG) == 0);
	ring_buffer__consume(recorder->ring);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int usage(FILE *to, int status)
{
	fprintf(to, "usage: abi-record [-o FILE] PROGRAM [ARGUMENT...]\nRuns PROGRAM, and writes a line for each system call of it and of all that it starts to FILE, or to standard error.\n");
	return status;
}

int main(int count, char **words)
{
	static const struct option options[] = {{"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
	struct recorder recorder = {.lines.output = stderr};
	const char *path = NULL;
	int option, status;
	uint64_t lost;
	pid_t child;

	while ((option = getopt_long(count, words, "+o:", options, NULL)) != -1) {
		if (option != 'o')
			return option == 'h' ? usage(stdout, 0) : usage(stderr, FAILED);
		path = optarg;
	}
	if (optind == count)
		return usage(stderr, FAILED);
	if (path && !(recorder.lines.output = fopen(path, "we")))
		err(FAILED, "%s", path);
	probe_start_all(&recorder);
	child = program_start(&recorder, words + optind);
	go_first();
	status = record(&recorder, child);
	lost = lost_count(&recorder);
	if (fflush(recorder.lines.output) || ferror(recorder.lines.output))
		err(FAILED, "%s", path ? path : "standard error");
	fprintf(stderr, "abi-record: %lu calls, %lu lost, %lu cut, %lu not read\n", recorder.lines.calls, lost, recorder.lines.cut, recorder.lines.not_read);
	return lost ? FAILED : status;
}
