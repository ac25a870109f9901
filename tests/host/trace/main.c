/* SPDX-License-Identifier: MIT */
/*
 * Makes hundreds of system calls on the stage (stage.h), and writes the lines of shim/linux-abi/trace for them to the file that is named: tests/host/trace/run compares them with what strace(1) has printed. With --endless: writes the lines
 * that strace cannot be asked for (endless.c).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "calls.h"

#define PAGE 4096

static char *edge_page;

char *edge(unsigned bytes)
{
	return edge_page + PAGE - bytes;
}

static void samples(void)
{
	file_samples();
	attribute_samples();
	memory_samples();
	signal_samples();
	process_samples();
	time_samples();
	socket_samples();
	ipc_samples();
	poll_samples();
	terminal_samples();
	every_call();
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "--endless"))
		return endless_check();
	if (argc != 2) {
		fprintf(stderr, "usage: %s FILE (see tests/host/trace/run), or --endless\n", argv[0]);
		return 2;
	}
	edge_page = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (edge_page == MAP_FAILED || munmap(edge_page + PAGE, PAGE))
		return perror("mmap"), 1;
	return stage_run(samples, argv[1]);
}
