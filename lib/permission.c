/* SPDX-License-Identifier: MIT */
/* What Linux allows (lib/permission.h). A file has three sets of bits; which one counts depends only on who asks, not on which would allow more. */
#include "lib/permission.h"

bool credentials_in_group(const struct credentials *credentials, uint32_t group)
{
	if (credentials->group == group)
		return true;
	for (uint32_t i = 0; i < credentials->group_count; i++)
		if (credentials->groups[i] == group)
			return true;
	return false;
}

bool credentials_own(const struct credentials *credentials, const struct attributes *attributes)
{
	return credentials->user == attributes->owner || credentials_have(credentials, ASSERTED_FOWNER);
}

static bool is_directory(const struct attributes *attributes)
{
	return (attributes->mode & MODE_TYPE) == MODE_DIRECTORY;
}

int permission_check(const struct credentials *credentials, const struct attributes *attributes, uint32_t wanted)
{
	uint32_t mode = attributes->mode;

	if (credentials->user == attributes->owner)
		mode >>= 6;
	else if (credentials_in_group(credentials, attributes->group))
		mode >>= 3;
	if (!(wanted & ~mode & 7))
		return 0;
	if (is_directory(attributes)) {
		if (!(wanted & ACCESS_WRITE) && credentials_have(credentials, ASSERTED_DAC_READ_SEARCH))
			return 0;
		return credentials_have(credentials, ASSERTED_DAC_OVERRIDE) ? 0 : -EACCES;
	}
	if (wanted == ACCESS_READ && credentials_have(credentials, ASSERTED_DAC_READ_SEARCH))
		return 0;
	/* nobody executes what has no execute bit at all */
	if (!(wanted & ACCESS_EXECUTE) || (attributes->mode & MODE_EXECUTE))
		return credentials_have(credentials, ASSERTED_DAC_OVERRIDE) ? 0 : -EACCES;
	return -EACCES;
}

int permission_sticky(const struct credentials *credentials, const struct attributes *directory, const struct attributes *victim)
{
	if (!(directory->mode & MODE_STICKY) || credentials->user == victim->owner || credentials->user == directory->owner)
		return 0;
	return credentials_have(credentials, ASSERTED_FOWNER) ? 0 : -EPERM;
}

uint32_t mode_without_setid(const struct credentials *credentials, const struct attributes *attributes)
{
	uint32_t mode = attributes->mode & MODE_PERMISSIONS & ~(uint32_t)MODE_SETUID;
	bool foreign = !credentials_in_group(credentials, attributes->group) && !credentials_have(credentials, ASSERTED_FSETID);

	if ((mode & MODE_GROUP_EXECUTE) || foreign)
		mode &= ~(uint32_t)MODE_SETGID;
	return mode;
}

static int owner_change_check(const struct credentials *credentials, const struct attributes *attributes, const struct attribute_change *change)
{
	bool owner = credentials->user == attributes->owner;

	if (credentials_have(credentials, ASSERTED_CHOWN))
		return 0;
	if ((change->mask & ATTRIBUTE_OWNER) && !(owner && change->owner == attributes->owner))
		return -EPERM;
	if ((change->mask & ATTRIBUTE_GROUP) && !(owner && (change->group == attributes->group || credentials_in_group(credentials, change->group))))
		return -EPERM;
	return 0;
}

/* Both times to now is a touch, for which write permission is enough; all else is the owner's. */
static int time_change_check(const struct credentials *credentials, const struct attributes *attributes, uint32_t times)
{
	if (!times || credentials_own(credentials, attributes))
		return 0;
	return times == (ATTRIBUTE_ACCESS_NOW | ATTRIBUTE_MODIFY_NOW) ? permission_check(credentials, attributes, ACCESS_WRITE) : -EPERM;
}

static void mode_change_limit(const struct credentials *credentials, const struct attributes *attributes, struct attribute_change *change)
{
	uint32_t group = change->mask & ATTRIBUTE_GROUP ? change->group : attributes->group;

	if (!credentials_in_group(credentials, group) && !credentials_have(credentials, ASSERTED_FSETID))
		change->mode &= ~(uint32_t)MODE_SETGID;
}

static void times_settle(struct attribute_change *change, struct timestamp now)
{
	if (change->mask & ATTRIBUTE_ACCESS_NOW)
		change->access = now;
	if (change->mask & ATTRIBUTE_MODIFY_NOW)
		change->modify = now;
	change->mask |= (change->mask & ATTRIBUTE_ACCESS_NOW ? (uint32_t)ATTRIBUTE_ACCESS : 0) | (change->mask & ATTRIBUTE_MODIFY_NOW ? (uint32_t)ATTRIBUTE_MODIFY : 0);
	change->mask &= ~(uint32_t)(ATTRIBUTE_ACCESS_NOW | ATTRIBUTE_MODIFY_NOW);
}

/* chown(2) that names neither an owner nor a group: both stay; what a file has of set-user-id goes all the same. */
static int owner_keep(const struct credentials *credentials, const struct attributes *attributes, struct attribute_change *change)
{
	change->mask = 0;
	if (is_directory(attributes) || !(attributes->mode & (MODE_SETUID | MODE_SETGID)))
		return 0;
	if (!credentials_own(credentials, attributes) && !credentials_have(credentials, ASSERTED_CHOWN))
		return -EPERM;
	change->mask = ATTRIBUTE_MODE;
	change->mode = mode_without_setid(credentials, attributes);
	return 0;
}

int permission_change(const struct credentials *credentials, const struct attributes *attributes, struct attribute_change *change, struct timestamp now)
{
	uint32_t times = change->mask & (ATTRIBUTE_ACCESS | ATTRIBUTE_MODIFY | ATTRIBUTE_ACCESS_NOW | ATTRIBUTE_MODIFY_NOW);
	bool setid = attributes->mode & (MODE_SETUID | MODE_SETGID), regular = !is_directory(attributes);
	int error;

	if (change->mask == ATTRIBUTE_OWNER && change->owner == UINT32_MAX)
		return owner_keep(credentials, attributes, change);
	if ((change->mask & ATTRIBUTE_OWNER && change->owner == UINT32_MAX) || (change->mask & ATTRIBUTE_GROUP && change->group == UINT32_MAX))
		return -EINVAL; /* nobody has these numbers */
	error = owner_change_check(credentials, attributes, change);
	if (!error && (change->mask & ATTRIBUTE_MODE) && !credentials_own(credentials, attributes))
		error = -EPERM;
	if (!error)
		error = time_change_check(credentials, attributes, times);
	if (error)
		return error;
	if (change->mask & ATTRIBUTE_MODE) {
		mode_change_limit(credentials, attributes, change);
	} else if (setid && regular && ((change->mask & (ATTRIBUTE_OWNER | ATTRIBUTE_GROUP)) ||
					       ((change->mask & ATTRIBUTE_SIZE) && !credentials_have(credentials, ASSERTED_FSETID)))) {
		change->mask |= ATTRIBUTE_MODE;
		change->mode = mode_without_setid(credentials, attributes);
	}
	times_settle(change, now);
	return 0;
}

/* "user." names what a file contains to its users; who may write it may set it, but in a directory with the sticky bit only who may act as its owner. */
static int user_xattr_check(const struct credentials *credentials, const struct attributes *attributes, bool write)
{
	if (!is_directory(attributes) && (attributes->mode & MODE_TYPE) != MODE_REGULAR)
		return write ? -EPERM : -ENODATA;
	if (write && is_directory(attributes) && attributes->mode & MODE_STICKY && !credentials_own(credentials, attributes))
		return -EPERM;
	return permission_check(credentials, attributes, write ? ACCESS_WRITE : ACCESS_READ);
}

static int security_xattr_check(const struct credentials *credentials, struct name name, bool write)
{
	if (!write || xattr_is_capability(name) || credentials_have(credentials, ASSERTED_SYS_ADMIN))
		return 0;
	return -EPERM;
}

int permission_xattr(const struct credentials *credentials, const struct attributes *attributes, struct name name, bool write)
{
	static const char *const kept[] = {"user.", XATTR_TRUSTED, "security."};
	int error = 0;

	if (xattr_is_within(name, "security."))
		error = security_xattr_check(credentials, name, write);
	else if (xattr_is_within(name, XATTR_TRUSTED))
		error = credentials_have(credentials, ASSERTED_SYS_ADMIN) ? 0 : write ? -EPERM : -ENODATA;
	else if (xattr_is_within(name, "user."))
		error = user_xattr_check(credentials, attributes, write);
	else if (!xattr_is_within(name, "system."))
		error = permission_check(credentials, attributes, write ? ACCESS_WRITE : ACCESS_READ);
	if (error)
		return error;
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		if (xattr_is_within(name, kept[i]))
			return name.bytes > strlen(kept[i]) ? 0 : -EINVAL;
	return -EOPNOTSUPP;
}
