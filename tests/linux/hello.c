/* SPDX-License-Identifier: MIT */
/* The first Linux program: a line of text through the C library, and an exit status that nothing else would give. */
#include <stdio.h>

int main(int argc, char **argv)
{
	printf("Hello from %s, argument count %d\n", argv[0], argc);
	return 42;
}
