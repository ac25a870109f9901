/* SPDX-License-Identifier: MIT */
/* Compares every constant of abi/linux with what the headers of Linux and of the C library say of its name. (Structures are compared by the compiler.) */
#define _GNU_SOURCE
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/host/linux-headers/names.h"

#include "abi/linux/constants.h"
#include "abi/linux/structures.h"

/* Places of members, and sizes. */
#define SAME_SIZE(ours, theirs) _Static_assert(sizeof(struct linux_##ours) == sizeof(theirs), "size")
#define SAME_PLACES(ours, our_member, theirs, member) _Static_assert(offsetof(struct linux_##ours, our_member) == offsetof(theirs, member), "place")
#define SAME_PLACE(ours, theirs, member) _Static_assert(offsetof(struct linux_##ours, member) == offsetof(theirs, member) && \
	sizeof(((struct linux_##ours *)0)->member) == sizeof(((theirs *)0)->member), "place and size")

#include "tests/host/linux-headers/structures.h"

struct constant {
	const char *name;
	unsigned long long ours, theirs;
};

static const struct constant constants[] = {
#define CONSTANTS(set, unknown)
#define CONSTANT(name, value) {#name, (unsigned)(LINUX_##name), (unsigned)(unsigned long)(name)},
#define SAME(name)
#define CONSTANTS_END(set)
#include "abi/linux/constants.def"
};

int main(void)
{
	unsigned count = sizeof(constants) / sizeof(constants[0]), wrong = 0;

	for (unsigned i = 0; i < count; i++) {
		if (constants[i].ours == constants[i].theirs)
			continue;
		printf("%s is 0x%llx in abi/linux, 0x%llx in the headers\n", constants[i].name, constants[i].ours, constants[i].theirs);
		wrong++;
	}
	printf("%u constants, %u wrong\n", count, wrong);
	return wrong ? EXIT_FAILURE : EXIT_SUCCESS;
}
