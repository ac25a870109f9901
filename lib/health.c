/* SPDX-License-Identifier: MIT */
/* Degraded services (lib/health.h). The text is written while `degraded` is 0: who reads in between finds a whole service, or a reason that is cut short. */
#include "lib/health.h"

#include "lib/format.h"
#include "lib/service.h"
#include "lib/string.h"

static struct start_beat *page_find(void)
{
	const struct start_grant *grant = start_next(GRANT_BEAT, NULL);

	return grant ? (struct start_beat *)grant->address : NULL;
}

void health_degraded(const char *format, ...)
{
	struct start_beat *page = page_find();
	va_list arguments;
	size_t length;

	if (!page)
		return;
	health_whole();
	va_start(arguments, format);
	length = text_format(page->reason, sizeof(page->reason), format, arguments);
	va_end(arguments);
	memset(page->reason + length, 0, sizeof(page->reason) - length);
	__atomic_store_n(&page->degraded, 1, __ATOMIC_RELEASE);
}

void health_whole(void)
{
	struct start_beat *page = page_find();

	if (page)
		__atomic_store_n(&page->degraded, 0, __ATOMIC_RELEASE);
}

bool health_read(const struct start_beat *beat, char reason[START_REASON_BYTES + 1])
{
	if (!__atomic_load_n(&beat->degraded, __ATOMIC_ACQUIRE))
		return false;
	for (size_t i = 0; i < START_REASON_BYTES; i++) {
		char byte = __atomic_load_n(&beat->reason[i], __ATOMIC_RELAXED);

		reason[i] = byte;
		if (!byte)
			return true;
		if (byte < ' ' || byte > '~')
			reason[i] = '.';
	}
	reason[START_REASON_BYTES] = 0;
	return true;
}
