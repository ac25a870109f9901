/* SPDX-License-Identifier: MIT */
/* Permissions of files that vfs does not decide about (file/asker.h): by the same rules, which know credentials in another form. */
#include "lib/permission.h"

#include "file/asker.h"
#include "lib/string.h"

int asker_check(const struct asker *asker, const struct attributes *attributes, uint32_t wanted)
{
	struct credentials credentials = {
		.user = asker->user,
		.group = asker->group,
		.capabilities = asker->capabilities,
		.group_count = asker->group_count,
	};

	memcpy(credentials.groups, asker->groups, asker->group_count * sizeof(asker->groups[0]));
	return permission_check(&credentials, attributes, wanted);
}
