/* SPDX-License-Identifier: MIT */
/*
 * Extended attributes in the file protocol (abi/protocols/file.def). Who may do what with which name is decided here (lib/permission.h), by the credentials that the request asserts: a file that is open by O_PATH is enough, as a path is for setxattr(2).
 * The core keeps names and values and knows nothing of what they mean; of what they mean to Linux, security.capability alone has rules for its value.
 */
#include "lib/filesystem_call.h"

/* The value of security.capability: struct vfs_cap_data of Linux, and with the user for whom it counts struct vfs_ns_cap_data (include/uapi/linux/capability.h). */
#define CAPABILITY_REVISION 0xff000000
#define CAPABILITY_REVISION_2 0x02000000
#define CAPABILITY_REVISION_3 0x03000000

struct capability_value {
	uint32_t magic; /* revision, flags */
	uint32_t sets[4];
	uint32_t root; /* of revision 3 */
};
_Static_assert(sizeof(struct capability_value) == 24, "kept on disks");
#define CAPABILITY_2_BYTES offsetof(struct capability_value, root)

/* A request about one name: whose file, and which. */
struct subject {
	uint64_t inode;
	struct name name;
	char text[XATTR_NAME_BYTES_MAX];
};

static int name_copy(const struct call *call, uint64_t span, struct subject *subject)
{
	const unsigned char *from = span_at(call, span);
	size_t bytes = span_bytes(span);

	if (!from)
		return -EFAULT;
	if (!bytes || bytes > sizeof(subject->text))
		return -ERANGE;
	memcpy(subject->text, from, bytes);
	subject->name = (struct name){subject->text, bytes};
	for (size_t i = 0; i < bytes; i++)
		if (!subject->text[i])
			return -EINVAL;
	return 0;
}

/* Takes file and name of a request, and asks whether it may be. */
static int subject_take(const struct call *call, struct subject *subject, bool write)
{
	const struct open_file *file = file_find(call, call->word[1]);
	struct attributes attributes;
	int error = file ? call->assertion : -EBADF;

	if (!error && write && file->flags & OPEN_READ_ONLY)
		error = -EROFS;
	if (!error)
		error = name_copy(call, call->word[2], subject);
	if (error)
		return error;
	subject->inode = file->inode; /* the file may be closed while the core waits */
	error = call->operations->getattr(call->core, subject->inode, &attributes);
	if (!error)
		error = permission_xattr(&call->credentials, &attributes, subject->name, write);
	return error || call->operations->xattr_get ? error : -EOPNOTSUPP;
}

static bool capability_is(const struct capability_value *value, size_t bytes, uint32_t revision)
{
	return bytes == (revision == CAPABILITY_REVISION_2 ? CAPABILITY_2_BYTES : sizeof(*value)) && (value->magic & CAPABILITY_REVISION) == revision;
}

static bool capability_is_any(const struct capability_value *value, size_t bytes)
{
	return capability_is(value, bytes, CAPABILITY_REVISION_2) || capability_is(value, bytes, CAPABILITY_REVISION_3);
}

/* Copies what is to be security.capability, and asks whether it may be. Nothing at all may, set by anybody. */
static int capability_take(const struct call *call, const void *from, size_t bytes, struct capability_value *value)
{
	if (!bytes)
		return 0;
	if (bytes > sizeof(*value))
		return -EINVAL;
	memcpy(value, from, bytes);
	if (!capability_is_any(value, bytes))
		return -EINVAL;
	return credentials_have(&call->credentials, ASSERTED_SETFCAP) ? 0 : -EPERM;
}

/* security.capability is told as cap_inode_getsecurity() of Linux does: what is none is not, and what counts for user 0 has the form without a user. */
static int64_t capability_get(const struct call *call, const struct subject *subject, void *to, size_t room)
{
	struct capability_value value = {0};
	int64_t bytes = call->operations->xattr_get(call->core, subject->inode, subject->name, &value, sizeof(value));

	if (bytes == -ERANGE)
		return -EINVAL;
	if (bytes < 0)
		return bytes;
	if (capability_is(&value, (size_t)bytes, CAPABILITY_REVISION_3) && !value.root) {
		value.magic = (value.magic & ~CAPABILITY_REVISION) | CAPABILITY_REVISION_2;
		bytes = CAPABILITY_2_BYTES;
	} else if (!capability_is_any(&value, (size_t)bytes)) {
		return -EINVAL;
	}
	if (!room)
		return bytes;
	if (room < (size_t)bytes)
		return -ERANGE;
	memcpy(to, &value, (size_t)bytes);
	return bytes;
}

int64_t handle_getxattr(struct call *call)
{
	unsigned char *to = span_at(call, call->word[3]);
	size_t room = span_bytes(call->word[3]);
	struct subject subject;
	int error = subject_take(call, &subject, false);

	if (error)
		return error;
	if (room && !to)
		return -EFAULT;
	if (xattr_is_capability(subject.name))
		return capability_get(call, &subject, to, room);
	return call->operations->xattr_get(call->core, subject.inode, subject.name, to, room);
}

/* Names in the buffer, each with its NUL, as far as there is room; `bytes` counts them all. */
struct name_list {
	unsigned char *to;
	size_t room, bytes;
	bool privileged;
};

static void name_list_add(void *context, struct name name)
{
	struct name_list *list = context;

	if (!list->privileged && xattr_is_within(name, XATTR_TRUSTED))
		return;
	if (list->bytes + name.bytes < list->room) {
		memcpy(list->to + list->bytes, name.text, name.bytes);
		list->to[list->bytes + name.bytes] = 0;
	}
	list->bytes += name.bytes + 1;
}

int64_t handle_listxattr(struct call *call)
{
	const struct open_file *file = file_find(call, call->word[1]);
	struct name_list list = {.to = span_at(call, call->word[2]), .room = span_bytes(call->word[2])};
	int error = file ? call->assertion : -EBADF;

	if (error || !call->operations->xattr_list)
		return error;
	if (list.room && !list.to)
		return -EFAULT;
	list.privileged = credentials_have(&call->credentials, ASSERTED_SYS_ADMIN);
	error = call->operations->xattr_list(call->core, file->inode, name_list_add, &list);
	if (error)
		return error;
	return list.room && list.bytes > list.room ? -ERANGE : (int64_t)list.bytes;
}

int64_t handle_setxattr(struct call *call)
{
	const void *value = span_at(call, call->word[3]);
	size_t bytes = span_bytes(call->word[3]);
	struct capability_value capability = {0};
	uint64_t flags = call->word[4];
	struct subject subject;
	int error = subject_take(call, &subject, true);

	if (!error && flags & ~(uint64_t)(XATTR_NEW | XATTR_OLD))
		error = -EINVAL;
	if (!error && bytes && !value)
		error = -EFAULT;
	if (!error && bytes > XATTR_VALUE_BYTES_MAX)
		error = -ENOSPC;
	if (!error && xattr_is_capability(subject.name)) {
		error = capability_take(call, value, bytes, &capability);
		value = &capability;
	}
	return error ? error : call->operations->xattr_set(call->core, subject.inode, subject.name, value, bytes, (uint32_t)flags);
}

int64_t handle_removexattr(struct call *call)
{
	struct subject subject;
	int error = subject_take(call, &subject, true);

	if (!error && xattr_is_capability(subject.name) && !credentials_have(&call->credentials, ASSERTED_SETFCAP))
		error = -EPERM;
	return error ? error : call->operations->xattr_remove(call->core, subject.inode, subject.name);
}
