/* SPDX-License-Identifier: MIT */
/* Calls to the killer (asks.h): the badge of a victim, the arming of a strike, and what has become of it. */
#include "asks.h"

#include "lib/service.h"
#include "lib/string.h"

uint64_t badge_of(const char *name)
{
	uint64_t data[MESSAGE_REGISTER_WORDS] = {0};

	memcpy(data, name, strlen(name) < 15 ? strlen(name) : 15);
	return service_call(start_session("killer"), KILLER_FIND, 2, data) == OK ? data[0] : 0;
}

enum error killer_arm(const struct strike *strike, const struct strike *second)
{
	uint64_t data[MESSAGE_REGISTER_WORDS] = {0};

	memcpy(&data[0], strike, sizeof(*strike));
	if (second)
		memcpy(&data[4], second, sizeof(*second));
	return service_call(start_session("killer"), KILLER_ARM, 8, data);
}

enum error killer_look(struct strike_result *first)
{
	uint64_t data[MESSAGE_REGISTER_WORDS] = {0};
	enum error error = service_call(start_session("killer"), KILLER_LOOK, 0, data);

	memcpy(first, data, sizeof(*first));
	return error;
}

enum error killer_end(uint64_t victim)
{
	uint64_t data[MESSAGE_REGISTER_WORDS] = {victim};

	return service_call(start_session("killer"), KILLER_END, 1, data);
}

bool killer_degraded(uint64_t victim)
{
	uint64_t data[MESSAGE_REGISTER_WORDS] = {victim};

	return service_call(start_session("killer"), KILLER_HEALTH, 1, data) == OK && data[0];
}
