/* SPDX-License-Identifier: MIT */
/* Control messages (net/control.h): each is a struct cmsghdr with its data behind it, padded to eight bytes. */
#include "net/control.h"

#include "lib/string.h"
#include "process/permission.h"
#include "time/convert.h"
#include "vdso/vdso.h"

#define HEADER sizeof(struct linux_cmsghdr)
#define CONTROL_MOST 20480 /* net.core.optmem_max: what is as long or longer is not taken */

static uint64_t padded(uint64_t bytes)
{
	return (bytes + 7) & ~7ull;
}

/* Taking. */

static int files_take(struct task *task, uint64_t address, uint64_t bytes, struct sending *sending)
{
	uint64_t count = bytes / sizeof(int32_t);

	if (!sending->files && !(sending->files = files_make()))
		return -ENOMEM;
	if (count > FILES_MAX - sending->files->count)
		return -EINVAL;
	for (uint64_t i = 0; i < count; i++) {
		struct description *file;
		int32_t number;
		int error = user_get(task->memory, &number, address + i * sizeof(number));

		if (!error)
			error = descriptor_take_path(task, (uint32_t)number, &file);
		if (error)
			return error;
		sending->files->files[sending->files->count++] = file;
	}
	return 0;
}

/* Who may say that he is somebody else: by capability. */
static int credentials_take(struct task *task, uint64_t address, uint64_t bytes, struct sending *sending)
{
	const struct credentials *own = task->credentials;
	struct linux_ucred said;
	bool user, group;

	if (bytes != sizeof(said))
		return -EINVAL;
	if (user_get(task->memory, &said, address))
		return -EFAULT;
	user = said.uid == own->user || said.uid == own->effective_user || said.uid == own->saved_user || task_may(task, LINUX_CAP_SETUID);
	group = said.gid == own->group || said.gid == own->effective_group || said.gid == own->saved_group || task_may(task, LINUX_CAP_SETGID);
	if (!user || !group || (said.pid != task->process->id && !task_may(task, LINUX_CAP_SYS_ADMIN)))
		return -EPERM;
	if (!process_find(said.pid))
		return -ESRCH;
	sending->sender = said;
	return 0;
}

static int message_take(struct task *task, const struct linux_cmsghdr *header, uint64_t address, struct sending *sending)
{
	if (header->cmsg_level != LINUX_SOL_SOCKET)
		return 0;
	switch (header->cmsg_type) {
	case LINUX_SCM_RIGHTS:
		return files_take(task, address + HEADER, header->cmsg_len - HEADER, sending);
	case LINUX_SCM_CREDENTIALS:
		return credentials_take(task, address + HEADER, header->cmsg_len - HEADER, sending);
	default:
		return -EINVAL;
	}
}

int control_take(struct task *task, const struct linux_msghdr *header, struct sending *sending)
{
	uint64_t at = 0, bytes = header->msg_controllen;
	unsigned char first;
	int error = bytes >= CONTROL_MOST ? -ENOBUFS : bytes ? user_get(task->memory, &first, header->msg_control) : 0;

	while (!error && at + HEADER <= bytes) {
		struct linux_cmsghdr message;

		error = user_get(task->memory, &message, header->msg_control + at);
		if (!error && (message.cmsg_len < HEADER || message.cmsg_len > bytes - at))
			error = -EINVAL;
		if (!error)
			error = message_take(task, &message, header->msg_control + at, sending);
		at += padded(message.cmsg_len);
	}
	if (sending->files && (error || !sending->files->count)) {
		files_free(sending->files);
		sending->files = NULL;
	}
	return error;
}

/* Putting. */

struct room {
	uint64_t address, left, done;
};

/* A header, and its data as far as there is room; with less room than a header nothing. */
static int message_put_in(struct task *task, struct room *room, int32_t type, const void *data, uint64_t bytes, struct linux_msghdr *header)
{
	struct linux_cmsghdr message = {.cmsg_len = HEADER + bytes, .cmsg_level = LINUX_SOL_SOCKET, .cmsg_type = type};
	uint64_t whole = padded(message.cmsg_len);

	if (room->left < message.cmsg_len)
		header->msg_flags |= LINUX_MSG_CTRUNC;
	if (room->left < HEADER)
		return 0;
	if (message.cmsg_len > room->left)
		message.cmsg_len = room->left;
	if (user_put(task->memory, room->address + room->done, &message) || user_write(task->memory, room->address + room->done + HEADER, data, message.cmsg_len - HEADER))
		return -EFAULT;
	if (whole > room->left)
		whole = room->left;
	room->done += whole;
	room->left -= whole;
	return 0;
}

/* Gives numbers to files, as many as there is room for. */
static int files_put(struct task *task, struct room *room, struct receiving *receiving, struct linux_msghdr *header, bool close_on_exec)
{
	struct passed_files *files = receiving->files;
	uint64_t most = room->left > HEADER ? (room->left - HEADER) / sizeof(int32_t) : 0;
	int32_t numbers[FILES_MAX];
	uint32_t given = 0;
	int error = 0;

	while (given < files->count && given < most) {
		int number;

		description_hold(files->files[given]);
		number = descriptor_give(task, files->files[given], close_on_exec ? LINUX_O_CLOEXEC : 0);
		if (number < 0)
			break;
		numbers[given++] = number;
	}
	if (given < files->count)
		header->msg_flags |= LINUX_MSG_CTRUNC;
	if (given)
		error = message_put_in(task, room, LINUX_SCM_RIGHTS, numbers, given * sizeof(numbers[0]), header);
	files_free(files);
	receiving->files = NULL;
	return error;
}

static int32_t stamp_type(const struct socket_stamps *stamps)
{
	if (stamps->ns)
		return stamps->new_number ? LINUX_SO_TIMESTAMPNS_NEW : LINUX_SO_TIMESTAMPNS_OLD;
	return stamps->new_number ? LINUX_SO_TIMESTAMP_NEW : LINUX_SO_TIMESTAMP_OLD;
}

/* When the message was sent; or received, when nobody had asked before. SO_TIMESTAMPING has three times: by software, and two by hardware that there is none of. */
static int times_put(struct task *task, struct room *room, const struct socket_stamps *stamps, uint64_t wall, struct linux_msghdr *header)
{
	uint64_t at = wall ? wall : vdso_wall_now();
	const struct time_value time = time_of_ns(at, stamps->ns ? NS_PER_SECOND : 1000000), times[3] = {time_of_ns(at, NS_PER_SECOND)};
	int error = message_put_in(task, room, stamp_type(stamps), &time, sizeof(time), header);

	if (error || !(stamps->flags & LINUX_SOF_TIMESTAMPING_SOFTWARE))
		return error;
	return message_put_in(task, room, stamps->new_number ? LINUX_SO_TIMESTAMPING_NEW : LINUX_SO_TIMESTAMPING_OLD, times, sizeof(times), header);
}

int control_put(struct task *task, const struct socket *socket, struct linux_msghdr *header, struct receiving *receiving, bool close_on_exec)
{
	struct room room = {.address = header->msg_control, .left = header->msg_control ? header->msg_controllen : 0};
	int error = 0;

	if (socket->stamps.wanted && !socket_is_stream(socket) && receiving->has_sender)
		error = times_put(task, &room, &socket->stamps, receiving->wall, header);
	if (!error && socket->passes_credentials && receiving->has_sender)
		error = message_put_in(task, &room, LINUX_SCM_CREDENTIALS, &receiving->sender, sizeof(receiving->sender), header);
	if (receiving->files && !error)
		error = files_put(task, &room, receiving, header, close_on_exec);
	header->msg_controllen = room.done;
	return error;
}
