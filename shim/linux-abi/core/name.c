/* SPDX-License-Identifier: MIT */
/* The names of core files (core/name.h). Whatever a process can choose, its own name and that of its program, cannot lead to another directory: a '/' in it becomes '!', and so does what would be "", "." or "..". */
#include "core/name.h"

#include "abi/linux/constants.h"
#include "lib/string.h"
#include "process/names.h"
#include "vdso/vdso.h"

static char pattern[CORE_PATTERN_BYTES] = "core";
int64_t core_uses_pid;

/* A name that is being made. */
struct name {
	char *text;
	size_t length;
	bool full, has_id;
};

static void byte_add(struct name *name, char byte)
{
	if (name->length == CORE_NAME_MAX - 1)
		name->full = true;
	else
		name->text[name->length++] = byte;
}

static void number_add(struct name *name, int64_t number)
{
	char digits[24];
	int64_t count = number_text(number, digits, sizeof(digits));

	for (int64_t i = 0; i < count; i++)
		byte_add(name, digits[i]);
}

/* A text that others choose. */
static void text_add_safe(struct name *name, const char *text)
{
	size_t first = name->length;

	for (; *text; text++)
		byte_add(name, *text == '/' ? '!' : *text);
	if (name->length == first)
		byte_add(name, '!');
	else if (name->text[first] == '.' && (name->length == first + 1 || (name->length == first + 2 && name->text[first + 1] == '.')))
		name->text[first] = '!';
}

static const char *last_part(const char *path)
{
	const char *part = path;

	for (; *path; path++)
		if (*path == '/')
			part = path + 1;
	return part;
}

/* What stands for one letter behind a '%'; nothing for others. */
static void letter_add(struct name *name, const struct core_subject *subject, char letter)
{
	const struct task *task = subject->task;
	const struct process *process = task->process;

	switch (letter) {
	case '%':
		return byte_add(name, '%');
	case 'p':
	case 'P':
		name->has_id |= letter == 'p';
		return number_add(name, process->id);
	case 'i':
	case 'I':
		return number_add(name, task->id);
	case 'u':
		return number_add(name, task->credentials->user);
	case 'g':
		return number_add(name, task->credentials->group);
	case 'd':
		return number_add(name, process->dumpable);
	case 's':
		return number_add(name, subject->signal);
	case 't':
		return number_add(name, (int64_t)(vdso_wall_now() / 1000000000));
	case 'h':
		return text_add_safe(name, system_host_name());
	case 'e':
		return text_add_safe(name, task->name);
	case 'f':
		return text_add_safe(name, last_part(process->executable));
	case 'E':
		return text_add_safe(name, process->executable);
	case 'c':
		return number_add(name, (int64_t)process->limits[LINUX_RLIMIT_CORE][0]);
	case 'C':
		return number_add(name, 0); /* the one processor */
	default:
		return;
	}
}

int64_t core_name(const struct core_subject *subject, char text[CORE_NAME_MAX])
{
	struct name name = {.text = text};

	for (const char *at = pattern; *at; at++) {
		if (*at != '%') {
			byte_add(&name, *at);
			continue;
		}
		if (!*++at)
			break;
		letter_add(&name, subject, *at);
	}
	if (core_uses_pid && !name.has_id) {
		byte_add(&name, '.');
		number_add(&name, subject->task->process->id);
	}
	text[name.length] = '\0';
	if (name.full)
		return -ENAMETOOLONG;
	return name.length ? (int64_t)name.length : -ENOENT;
}

const char *core_pattern(void)
{
	return pattern;
}

int64_t core_pattern_set(const char *line, size_t bytes)
{
	size_t length = 0;

	if (bytes && *line == '|')
		return -EINVAL;
	while (length < bytes && length < sizeof(pattern) - 1 && line[length] && line[length] != '\n')
		length++;
	memcpy(pattern, line, length);
	pattern[length] = '\0';
	return (int64_t)bytes;
}
