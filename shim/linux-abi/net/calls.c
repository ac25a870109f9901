/* SPDX-License-Identifier: MIT */
/* The calls that move data through sockets: sendto, sendmsg, sendmmsg, recvfrom, recvmsg, recvmmsg. */
#include "file/read_write.h"
#include "lib/clock.h"
#include "net/control.h"
#include "process/handlers.h"
#include "time/convert.h"

#define ADDRESS_BYTES_MAX 128 /* struct sockaddr_storage */
#define MESSAGES_MAX 1024 /* of sendmmsg and recvmmsg */

static bool is_nonblocking(const struct description *description, uint32_t flags)
{
	return flags & LINUX_MSG_DONTWAIT || description->flags & LINUX_O_NONBLOCK;
}

/* The receiver that a call names, held; a null pointer when it names none, or the socket has one that goes before it. */
static int target_take(struct task *task, const struct socket *socket, uint64_t address, uint32_t bytes, struct socket **target)
{
	char text[NAME_BYTES + 1], any[ADDRESS_BYTES_MAX];
	uint16_t family;
	int64_t length;
	int error;

	*target = NULL;
	if (bytes > sizeof(any))
		return -EINVAL;
	if (!address || !bytes)
		return 0;
	if (user_read(task->memory, any, address, bytes))
		return -EFAULT;
	if (socket_is_stream(socket))
		return socket->state == SOCKET_CONNECTED || socket->state == SOCKET_CUT ? -EISCONN : -EOPNOTSUPP;
	if (!socket_is_datagram(socket))
		return 0;
	length = address_take(task, address, bytes, text, &family);
	if (length < 0)
		return (int)length;
	error = name_find(task, text, (uint32_t)length, target);
	if (error)
		return error;
	if ((*target)->type == socket->type)
		return 0;
	socket_release(*target);
	*target = NULL;
	return -EPROTOTYPE;
}

/* Sends what `sending` says to whom the call names. */
static int64_t send_to(struct task *task, const struct description *description, struct socket *socket, uint64_t address, uint32_t bytes, uint32_t flags, struct sending *sending)
{
	int64_t result;

	sending->urgent = flags & LINUX_MSG_OOB;
	if (sending->urgent && (!socket_is_stream(socket) || !sending->transfer->left))
		result = -EOPNOTSUPP;
	else
		result = target_take(task, socket, address, bytes, &sending->to);
	if (result) {
		if (sending->files)
			files_free(sending->files);
		return result;
	}
	sending->nonblocking = is_nonblocking(description, flags);
	sending->no_signal = flags & LINUX_MSG_NOSIGNAL;
	result = socket_send(task, socket, sending);
	if (sending->to)
		socket_release(sending->to);
	return result;
}

static int64_t bytes_send(struct task *task, const struct description *description, struct socket *socket, const uint64_t arguments[6])
{
	struct transfer transfer;
	struct sending sending = {.transfer = &transfer, .sender = SENDER_UNKNOWN};

	transfer_user(&transfer, task->memory, arguments[1], arguments[2] < TRANSFER_MOST ? arguments[2] : TRANSFER_MOST);
	return send_to(task, description, socket, arguments[4], (uint32_t)arguments[5], (uint32_t)arguments[3], &sending);
}

int64_t linux_sendto(struct task *task, const uint64_t arguments[6])
{
	return user_range(arguments[1], arguments[2]) ? socket_call(task, arguments, bytes_send) : -EFAULT;
}

static int64_t header_take(struct task *task, uint64_t address, struct linux_msghdr *header, struct linux_iovec parts[TRANSFER_PARTS])
{
	if (user_get(task->memory, header, address))
		return -EFAULT;
	if (header->msg_namelen < 0)
		return -EINVAL;
	if (header->msg_iovlen > TRANSFER_PARTS)
		return -EMSGSIZE;
	if (!header->msg_name)
		header->msg_namelen = 0;
	return vector_take(task, header->msg_iov, header->msg_iovlen, parts);
}

static int64_t message_send(struct task *task, const struct description *description, struct socket *socket, uint64_t address, uint32_t flags)
{
	struct linux_iovec parts[TRANSFER_PARTS];
	struct transfer transfer;
	struct sending sending = {.transfer = &transfer, .sender = SENDER_UNKNOWN};
	struct linux_msghdr header;
	int64_t result = header_take(task, address, &header, parts);
	int error;

	if (result < 0)
		return result;
	transfer_vector(&transfer, task->memory, parts, (uint64_t)result);
	error = control_take(task, &header, &sending);
	return error ? error : send_to(task, description, socket, header.msg_name, (uint32_t)header.msg_namelen, flags, &sending);
}

static int64_t one_message_send(struct task *task, const struct description *description, struct socket *socket, const uint64_t arguments[6])
{
	return message_send(task, description, socket, arguments[1], (uint32_t)arguments[2]);
}

int64_t linux_sendmsg(struct task *task, const uint64_t arguments[6])
{
	return socket_call(task, arguments, one_message_send);
}

/* Tells in the entry of sendmmsg or recvmmsg at this address how many bytes its message has, unless the result is an error. 0 or that error. */
static int64_t length_put(struct task *task, uint64_t address, int64_t result)
{
	uint32_t bytes = (uint32_t)result;

	return result < 0 ? result : user_put(task->memory, address + offsetof(struct linux_mmsghdr, msg_len), &bytes);
}

static uint64_t messages_count(const uint64_t arguments[6])
{
	uint32_t count = (uint32_t)arguments[2];

	return count < MESSAGES_MAX ? count : MESSAGES_MAX;
}

static int64_t messages_send(struct task *task, const struct description *description, struct socket *socket, const uint64_t arguments[6])
{
	uint64_t count = messages_count(arguments), done;
	int64_t result = 0;

	for (done = 0; done < count; done++) {
		uint64_t address = arguments[1] + done * sizeof(struct linux_mmsghdr);

		result = length_put(task, address, message_send(task, description, socket, address, (uint32_t)arguments[3]));
		if (result)
			break;
	}
	return done ? (int64_t)done : result;
}

int64_t linux_sendmmsg(struct task *task, const uint64_t arguments[6])
{
	return socket_call(task, arguments, messages_send);
}

/* Receiving. */

/* Where a call wants the sender's address; a stream's has none. */
static int sender_put(struct task *task, const struct socket *socket, uint64_t address, uint64_t length_address, const struct socket_name *from)
{
	int32_t room;

	if (from || !socket_is_stream(socket))
		return address_put(task, address, length_address, from);
	if (user_get(task->memory, &room, length_address))
		return -EFAULT;
	return room < 0 ? -EINVAL : user_put(task->memory, length_address, &(uint32_t){0});
}

/* Gives back what came with data and is not told. */
static void receiving_end(struct receiving *receiving)
{
	if (receiving->files)
		files_free(receiving->files);
	if (receiving->from)
		name_release(receiving->from);
}

static int64_t receive(struct task *task, const struct description *description, struct socket *socket, uint32_t flags, struct receiving *receiving)
{
	int64_t result;

	receiving->urgent = flags & LINUX_MSG_OOB;
	if (receiving->urgent && !socket_is_stream(socket))
		return -EOPNOTSUPP;
	if (flags & LINUX_MSG_ERRQUEUE)
		return -EAGAIN;
	receiving->nonblocking = is_nonblocking(description, flags);
	receiving->peeks = flags & LINUX_MSG_PEEK;
	receiving->waits_for_all = flags & LINUX_MSG_WAITALL;
	result = socket_receive(task, socket, receiving);
	return result >= 0 && receiving->cut && flags & LINUX_MSG_TRUNC ? (int64_t)receiving->whole : result;
}

static int64_t bytes_receive(struct task *task, const struct description *description, struct socket *socket, const uint64_t arguments[6])
{
	struct transfer transfer;
	struct receiving receiving = {.transfer = &transfer};
	int64_t result;
	int error = 0;

	transfer_user(&transfer, task->memory, arguments[1], arguments[2] < TRANSFER_MOST ? arguments[2] : TRANSFER_MOST);
	result = receive(task, description, socket, (uint32_t)arguments[3], &receiving);
	if (result >= 0 && arguments[4])
		error = sender_put(task, socket, arguments[4], arguments[5], receiving.from);
	receiving_end(&receiving);
	return error ? error : result;
}

int64_t linux_recvfrom(struct task *task, const uint64_t arguments[6])
{
	return user_range(arguments[1], arguments[2]) ? socket_call(task, arguments, bytes_receive) : -EFAULT;
}

/* Tells in the header what has come. */
static int header_put(struct task *task, const struct socket *socket, uint64_t address, struct linux_msghdr *header, struct receiving *receiving, uint32_t flags)
{
	uint32_t length = 0;
	int error = 0;

	header->msg_flags = (flags & (LINUX_MSG_CMSG_CLOEXEC | LINUX_MSG_OOB)) | (receiving->cut ? (uint32_t)LINUX_MSG_TRUNC : 0);
	if (header->msg_name && (receiving->from || (!socket_is_stream(socket) && receiving->has_sender)))
		error = address_put_within(task, header->msg_name, (uint32_t)header->msg_namelen, receiving->from, &length);
	if (!error)
		error = control_put(task, socket, header, receiving, flags & LINUX_MSG_CMSG_CLOEXEC);
	header->msg_namelen = (int32_t)length;
	if (!error && header->msg_name)
		error = user_put(task->memory, address + offsetof(struct linux_msghdr, msg_namelen), &header->msg_namelen);
	if (!error)
		error = user_put(task->memory, address + offsetof(struct linux_msghdr, msg_controllen), &header->msg_controllen);
	return error ? error : user_put(task->memory, address + offsetof(struct linux_msghdr, msg_flags), &header->msg_flags);
}

static int64_t message_receive(struct task *task, const struct description *description, struct socket *socket, uint64_t address, uint32_t flags)
{
	struct linux_iovec parts[TRANSFER_PARTS];
	struct transfer transfer;
	struct receiving receiving = {.transfer = &transfer};
	struct linux_msghdr header;
	int64_t result = header_take(task, address, &header, parts);
	int error;

	if (result < 0)
		return result;
	transfer_vector(&transfer, task->memory, parts, (uint64_t)result);
	result = receive(task, description, socket, flags, &receiving);
	error = result >= 0 ? header_put(task, socket, address, &header, &receiving, flags) : 0;
	receiving_end(&receiving);
	return error ? error : result;
}

static int64_t one_message_receive(struct task *task, const struct description *description, struct socket *socket, const uint64_t arguments[6])
{
	return message_receive(task, description, socket, arguments[1], (uint32_t)arguments[2]);
}

int64_t linux_recvmsg(struct task *task, const uint64_t arguments[6])
{
	return socket_call(task, arguments, one_message_receive);
}

/* Many, until the deadline that is the fifth argument here: it is looked at after each, as Linux does. */
static int64_t messages_receive(struct task *task, const struct description *description, struct socket *socket, const uint64_t arguments[6])
{
	uint64_t count = messages_count(arguments), deadline = arguments[4], done = 0;
	uint32_t flags = (uint32_t)arguments[3];
	int64_t result = 0;

	while (done < count) {
		uint64_t address = arguments[1] + done * sizeof(struct linux_mmsghdr);

		result = length_put(task, address, message_receive(task, description, socket, address, flags & ~(uint32_t)LINUX_MSG_WAITFORONE));
		if (result)
			break;
		done++;
		if (flags & LINUX_MSG_WAITFORONE)
			flags |= LINUX_MSG_DONTWAIT;
		if (clock_now() >= deadline)
			break;
	}
	return done ? (int64_t)done : result;
}

/* The caller is told what is left of his time. */
static int64_t time_left_put(struct task *task, uint64_t address, uint64_t deadline)
{
	uint64_t now = clock_now();
	const struct time_value left = time_of_ns(deadline > now ? deadline - now : 0, NS_PER_SECOND);

	return user_put(task->memory, address, &left);
}

int64_t linux_recvmmsg(struct task *task, const uint64_t arguments[6])
{
	uint64_t deadline = NEVER;
	int64_t error = arguments[4] ? deadline_read(task->memory, arguments[4], &deadline) : 0, result;
	const uint64_t timed[6] = {arguments[0], arguments[1], arguments[2], arguments[3], deadline};

	if (error)
		return error;
	result = socket_call(task, timed, messages_receive);
	return result > 0 && arguments[4] && time_left_put(task, arguments[4], deadline) ? -EFAULT : result;
}
