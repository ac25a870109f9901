/* SPDX-License-Identifier: MIT */
/* Processes that are stopped and go on: SIGSTOP, SIGCONT, and what waitpid tells of it. */
#include "check.h"

static void stops(void)
{
	pid_t child = fork();
	int status;

	if (!child) {
		raise(SIGSTOP);
		for (;;)
			pause();
	}
	waitpid(child, &status, WUNTRACED);
	check_status("stops", status);
	kill(child, SIGCONT);
	waitpid(child, &status, WCONTINUED);
	check_status("goes on", status);
	kill(child, SIGTERM);
	waitpid(child, &status, 0);
	check_status("ends", status);
}

int main(void)
{
	stops();
	return 0;
}
