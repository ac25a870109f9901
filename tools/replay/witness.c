/* SPDX-License-Identifier: MIT */
/* Heads of a log that were kept elsewhere, beside the log. See witness.h. */
#include "tools/replay/witness.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MARK "boot "

typedef unsigned long long number;

/* Takes 64 digits. */
static bool link_parse(const char *text, uint8_t link[LOG_LINK_BYTES])
{
	for (unsigned i = 0; i < LOG_LINK_BYTES; i++) {
		unsigned byte;

		if (strspn(text + 2 * i, "0123456789abcdef") < 2 || sscanf(text + 2 * i, "%2x", &byte) != 1)
			return false;
		link[i] = (uint8_t)byte;
	}
	return true;
}

/* Finds a head in a line of text. */
static bool head_find(const char *line, struct witness *head)
{
	for (const char *at = strstr(line, MARK); at; at = strstr(at + 1, MARK)) {
		number boot, record;
		int end = 0;

		if (sscanf(at, MARK "%llu, record %llu, link %n", &boot, &record, &end) == 2 && end && link_parse(at + end, head->link)) {
			head->boot = boot;
			head->record = record;
			return true;
		}
	}
	return false;
}

static bool head_append(struct witnesses *witnesses, const struct witness *head)
{
	struct witness *larger = realloc(witnesses->head, (witnesses->count + 1) * sizeof(*larger));

	if (!larger)
		return false;
	larger[witnesses->count++] = *head;
	witnesses->head = larger;
	return true;
}

static int heads_compare(const void *left, const void *right)
{
	const struct witness *a = left, *b = right;

	if (a->boot != b->boot)
		return a->boot < b->boot ? -1 : 1;
	return a->record < b->record ? -1 : a->record > b->record;
}

bool witnesses_read(const char *path, struct witnesses *witnesses, char *error, size_t size)
{
	FILE *file = fopen(path, "r");
	struct witness head;
	char *line = NULL;
	size_t room = 0;
	bool good = true;

	*witnesses = (struct witnesses){NULL, 0, 0};
	if (!file)
		return snprintf(error, size, "cannot open %s: %s", path, strerror(errno)), false;
	while (good && getline(&line, &room, file) >= 0)
		good = !head_find(line, &head) || head_append(witnesses, &head);
	free(line);
	fclose(file);
	if (!good)
		return witnesses_free(witnesses), snprintf(error, size, "the host has no memory for the witnesses"), false;
	if (witnesses->count == 0)
		return snprintf(error, size, "%s has no line with 'boot B, record N, link HEX'", path), false;
	qsort(witnesses->head, witnesses->count, sizeof(head), heads_compare);
	return true;
}

void witnesses_free(struct witnesses *witnesses)
{
	free(witnesses->head);
	*witnesses = (struct witnesses){NULL, 0, 0};
}

/* Says between which records the histories part. */
static bool other_history(const struct witnesses *witnesses, char *error, size_t size)
{
	const struct witness *head = &witnesses->head[witnesses->confirmed], *last = head - 1;

	if (witnesses->confirmed && last->boot == head->boot)
		snprintf(error, size, "boot %llu, record %llu: a witness has seen another history; it is the same up to record %llu", (number)head->boot, (number)head->record, (number)last->record);
	else
		snprintf(error, size, "boot %llu, record %llu: a witness has seen another history", (number)head->boot, (number)head->record);
	return false;
}

bool witnesses_confirm(struct witnesses *witnesses, const struct log_block *block, char *error, size_t size)
{
	for (unsigned i = 0; block->kind == LOG_BLOCK_ENTRIES && i < block->count; i++) {
		const struct log_entry *entry = &block->entry[i];

		for (; witnesses->confirmed < witnesses->count; witnesses->confirmed++) {
			const struct witness *head = &witnesses->head[witnesses->confirmed];

			if (head->boot != block->boot || head->record != entry->record.sequence)
				break;
			if (memcmp(head->link, entry->link, LOG_LINK_BYTES) != 0)
				return other_history(witnesses, error, size);
		}
	}
	return true;
}

bool witnesses_all_confirmed(const struct witnesses *witnesses, char *error, size_t size)
{
	const struct witness *head = &witnesses->head[witnesses->confirmed];

	if (witnesses->confirmed == witnesses->count)
		return true;
	snprintf(error, size, "boot %llu, record %llu: a witness has seen it, and it is not there: the log was cut off, or put back to an earlier state", (number)head->boot, (number)head->record);
	return false;
}
