/* SPDX-License-Identifier: MIT */
/* Limits of System V IPC as text (ipc/limits.h). */
#include "ipc/limits.h"

#include "proc/text.h"

uint64_t ipc_limits[IPC_LIMITS] = {
#define IPC_LIMIT(name, start, most) [LIMIT_##name] = start,
#include "ipc/limits.def"
#undef IPC_LIMIT
};

static const uint64_t most[IPC_LIMITS] = {
#define IPC_LIMIT(name, start, most) [LIMIT_##name] = most,
#include "ipc/limits.def"
#undef IPC_LIMIT
};

void ipc_limits_tell(struct proc_text *text, enum ipc_limit first, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		text_add(text, "%u%c", ipc_limits[first + i], i + 1 < count ? '\t' : '\n');
}

static bool is_blank(char letter)
{
	return letter == ' ' || letter == '\t' || letter == '\n';
}

/* The number at *at, which moves behind it. False when there is none, or it is greater than `highest`. */
static bool number_take(const char *line, size_t bytes, size_t *at, uint64_t highest, uint64_t *number)
{
	size_t first = *at;

	*number = 0;
	for (; *at < bytes && line[*at] >= '0' && line[*at] <= '9'; ++*at)
		if (__builtin_mul_overflow(*number, 10, number) || __builtin_add_overflow(*number, (uint64_t)(line[*at] - '0'), number))
			return false;
	return *at > first && *number <= highest && (*at == bytes || is_blank(line[*at]));
}

int64_t ipc_limits_take(const char *line, size_t bytes, enum ipc_limit first, unsigned count)
{
	uint64_t numbers[IPC_LIMITS];
	unsigned given = 0;
	size_t at = 0;

	for (;;) {
		while (at < bytes && is_blank(line[at]))
			at++;
		if (at == bytes || given == count)
			break;
		if (!number_take(line, bytes, &at, most[first + given], &numbers[given]))
			return -EINVAL;
		given++;
	}
	for (unsigned i = 0; i < given; i++)
		ipc_limits[first + i] = numbers[i];
	return given ? 0 : -EINVAL;
}
