/* SPDX-License-Identifier: MIT */
/* Permissions of files that vfs does not decide about (file/asker.h): by the same rules, which know credentials in another form. */
#include "lib/permission.h"

#include "file/asker.h"
#include "lib/string.h"

static struct credentials credentials_of(const struct asker *asker)
{
	struct credentials credentials = {
		.user = asker->user,
		.group = asker->group,
		.capabilities = asker->capabilities,
		.group_count = asker->group_count,
	};

	memcpy(credentials.groups, asker->groups, asker->group_count * sizeof(asker->groups[0]));
	return credentials;
}

int asker_check(const struct asker *asker, const struct attributes *attributes, uint32_t wanted)
{
	const struct credentials credentials = credentials_of(asker);

	return permission_check(&credentials, attributes, wanted);
}

int asker_check_xattr(const struct asker *asker, const struct attributes *attributes, const char *name, bool write)
{
	const struct credentials credentials = credentials_of(asker);

	return permission_xattr(&credentials, attributes, (struct name){name, strlen(name)}, write);
}
