/* SPDX-License-Identifier: MIT */
/* Numbers of /proc/sys as texts, and back (proc/setting.h): what is no number, or one out of bounds, changes nothing. */
#include "proc/setting.h"

#include "abi/errno.h"

void setting_tell(struct proc_text *text, int64_t value)
{
	text_add(text, "%d\n", value);
}

static bool is_blank(char letter)
{
	return letter == ' ' || letter == '\t' || letter == '\n';
}

static unsigned digit_of(char letter)
{
	if (letter >= '0' && letter <= '9')
		return (unsigned)(letter - '0');
	letter |= 0x20;
	return letter >= 'a' && letter <= 'f' ? (unsigned)(letter - 'a') + 10 : 16;
}

int number_read(const char *line, size_t bytes, uint64_t *number)
{
	unsigned base = 10;
	size_t at = 0;

	if (bytes > 2 && line[0] == '0' && (line[1] | 0x20) == 'x') {
		base = 16;
		at = 2;
	} else if (bytes && line[0] == '0') {
		base = 8;
	}
	*number = 0;
	if (at == bytes || digit_of(line[at]) >= base)
		return -EINVAL;
	for (; at < bytes && digit_of(line[at]) < base && *number <= UINT32_MAX; at++)
		*number = *number * base + digit_of(line[at]);
	if (*number > UINT32_MAX)
		return -ERANGE;
	return at == bytes || (line[at] == '\n' && at + 1 == bytes) ? 0 : -EINVAL;
}

int64_t setting_take(const char *line, size_t bytes, int64_t least, int64_t most, int64_t *value)
{
	int64_t number = 0;
	size_t at = 0, first;
	bool negative;

	while (at < bytes && is_blank(line[at]))
		at++;
	negative = at < bytes && line[at] == '-';
	first = at += negative;
	for (; at < bytes && line[at] >= '0' && line[at] <= '9'; at++)
		if (__builtin_mul_overflow(number, 10, &number) || __builtin_add_overflow(number, line[at] - '0', &number))
			return -EINVAL;
	number = negative ? -number : number;
	if (at == first || (at < bytes && !is_blank(line[at]) && line[at]) || number < least || number > most)
		return -EINVAL;
	*value = number;
	return (int64_t)bytes;
}
