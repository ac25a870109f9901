/* SPDX-License-Identifier: MIT */
/* Words of the kernel's command line (options.h), from the boot information that the manifest lends. */
#include "options.h"

#include "abi/boot.h"
#include "lib/service.h"
#include "lib/string.h"

/* Where the value of an option begins; a null pointer when it is not given. */
static const char *value_find(const char *name)
{
	const struct start_grant *grant = start_find("information");
	const char *at = grant ? ((const struct boot_information *)grant->address)->command_line : "";
	size_t length = strlen(name);

	while (*at) {
		if (strlen(at) > length && memcmp(at, name, length) == 0 && at[length] == '=')
			return at + length + 1;
		while (*at && *at != ' ')
			at++;
		while (*at == ' ')
			at++;
	}
	return NULL;
}

uint64_t option_number(const char *name, uint64_t otherwise)
{
	const char *at = value_find(name);
	uint64_t value = 0;

	if (!at)
		return otherwise;
	for (; *at >= '0' && *at <= '9'; at++)
		value = value * 10 + (uint64_t)(*at - '0');
	return value;
}

const char *option_text(const char *name, const char *otherwise, char *text, size_t bytes)
{
	const char *at = value_find(name);
	size_t length = 0;

	if (!at)
		return otherwise;
	for (; length + 1 < bytes && at[length] && at[length] != ' '; length++)
		text[length] = at[length];
	text[length] = 0;
	return text;
}

char *option_word(char **list)
{
	char *word = *list;

	if (!*word)
		return NULL;
	while (**list && **list != ',')
		++*list;
	if (**list)
		*(*list)++ = 0;
	return word;
}
