/* SPDX-License-Identifier: MIT */
/*
 * What Linux allows a user to do with a file: decided from the file's attributes and the credentials that a client asserts. Pure; vfs decides by it about paths, the server of a filesystem about open
 * files. After fs/namei.c (generic_permission, may_delete) and fs/attr.c (setattr_prepare) in behaviour.
 */
#pragma once

#include <stdbool.h>

#include "lib/filesystem.h"
#include "lib/string.h"

/* Who asks: the filesystem user and group ids, supplementary groups, and which of Linux's capabilities are asserted. */
struct credentials {
	uint32_t user, group;
	uint32_t capabilities; /* enum asserted_capability */
	uint32_t group_count;
	uint32_t groups[SESSION_GROUPS_MAX];
};

static inline bool credentials_have(const struct credentials *credentials, enum asserted_capability capability)
{
	return credentials->capabilities & (uint32_t)capability;
}

/* True when that is the group or one of the supplementary groups. */
bool credentials_in_group(const struct credentials *credentials, uint32_t group);

/* True for the owner and for who may act as one. */
bool credentials_own(const struct credentials *credentials, const struct attributes *attributes);

/* 0 when all of `wanted` (bits of enum access_wanted) is allowed, else -EACCES. */
int permission_check(const struct credentials *credentials, const struct attributes *attributes, uint32_t wanted);

/* May an entry that leads to `victim` be taken out of `directory`? The directory's write permission is not looked at; this is the sticky bit. 0 or -EPERM. */
int permission_sticky(const struct credentials *credentials, const struct attributes *directory, const struct attributes *victim);

/*
 * May these attributes be set? 0, -EPERM, -EACCES, or -EINVAL for an owner or group that there cannot be. On success `change` is what Linux would set: set-user-id and set-group-id are dropped where they must be, and `mask` has no *_NOW bits any more: these times
 * are `now`. An owner UINT32_MAX, which comes alone, is nobody: owner and group stay (chown(2)). The permission to set the size is not looked at (it is that to write), but what it does to the mode is.
 */
int permission_change(const struct credentials *credentials, const struct attributes *attributes, struct attribute_change *change, struct timestamp now);

/*
 * May an extended attribute be read, or set and removed (`write`)? By its namespace, as fs/xattr.c and security/commoncap.c have it: "user." as the contents of the file, on regular files and directories alone; "trusted." for CAP_SYS_ADMIN; "security." can be
 * read by everybody. -EPERM, -EACCES; -ENODATA: as if it were not there. Last, -EOPNOTSUPP for another namespace and -EINVAL for one without anything behind it.
 */
int permission_xattr(const struct credentials *credentials, const struct attributes *attributes, struct name name, bool write);

#define XATTR_TRUSTED "trusted."
#define XATTR_CAPABILITY "security.capability" /* capabilities that a program gets when it is executed */

static inline bool xattr_is_within(struct name name, const char *namespace)
{
	return name.bytes >= strlen(namespace) && memcmp(name.text, namespace, strlen(namespace)) == 0;
}

static inline bool xattr_is_capability(struct name name)
{
	return name.bytes == strlen(XATTR_CAPABILITY) && xattr_is_within(name, XATTR_CAPABILITY);
}

/* The mode without set-user-id, and without set-group-id where that means execution: after a write or a change of owner. */
uint32_t mode_without_setid(const struct credentials *credentials, const struct attributes *attributes);
