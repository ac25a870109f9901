/* SPDX-License-Identifier: MIT */
/* What a service was given: the search of its start page (lib/service.h). The page does not change while the service runs. */
#include "lib/service.h"
#include "lib/string.h"

const struct start_page *start_page;

const struct start_grant *start_find(const char *name)
{
	for (uint32_t i = 0; i < start_page->grant_count; i++)
		if (strcmp(start_page->grant[i].name, name) == 0)
			return &start_page->grant[i];
	return NULL;
}

const struct start_grant *start_find_of(const char *name, const char *use)
{
	size_t bytes = strlen(name);

	for (uint32_t i = 0; i < start_page->grant_count; i++) {
		const char *grant = start_page->grant[i].name;

		if (memcmp(grant, name, bytes) == 0 && grant[bytes] == '.' && strcmp(grant + bytes + 1, use) == 0)
			return &start_page->grant[i];
	}
	return NULL;
}

const struct start_grant *start_own(const char *use)
{
	return start_find_of(start_page->name, use);
}

const struct start_grant *start_next(enum grant_kind kind, const struct start_grant *after)
{
	const struct start_grant *grant = after ? after + 1 : start_page->grant, *end = start_page->grant + start_page->grant_count;

	while (grant < end && grant->kind != kind)
		grant++;
	return grant < end ? grant : NULL;
}

const struct start_grant *start_argument(enum grant_kind kind, uint64_t argument)
{
	const struct start_grant *grant = start_next(kind, NULL);

	while (grant && grant->argument != argument)
		grant = start_next(kind, grant);
	return grant;
}

/* The grant of a kind with that name. */
static const struct start_grant *grant_named(enum grant_kind kind, const char *name)
{
	const struct start_grant *grant = start_next(kind, NULL);

	while (grant && strcmp(grant->name, name) != 0)
		grant = start_next(kind, grant);
	return grant;
}

/* The grant of a kind whose name is PREFIX:PEER. */
static const struct start_grant *grant_of_peer(enum grant_kind kind, const char *peer)
{
	const struct start_grant *grant = start_next(kind, NULL);

	for (; grant; grant = start_next(kind, grant)) {
		const char *name = grant->name;

		while (*name && *name != ':')
			name++;
		if (*name && strcmp(name + 1, peer) == 0)
			return grant;
	}
	return NULL;
}

const struct start_grant *start_buffer(uint64_t badge)
{
	return start_argument(GRANT_BUFFER, badge);
}

const struct start_grant *start_buffer_of(const char *peer)
{
	return grant_of_peer(GRANT_BUFFER, peer);
}

bool start_may(uint64_t badge, const char *word)
{
	const struct start_grant *right = start_next(GRANT_RIGHT, NULL);

	while (right && (right->argument != badge || strcmp(right->name, word) != 0))
		right = start_next(GRANT_RIGHT, right);
	return right != NULL;
}

handle_t start_session(const char *name)
{
	const struct start_grant *grant = grant_named(GRANT_SESSION, name);

	return grant ? grant->slot : 0;
}

handle_t start_signal(const char *peer)
{
	const struct start_grant *grant = grant_of_peer(GRANT_SIGNAL, peer);

	return grant ? grant->slot : 0;
}
