/* SPDX-License-Identifier: MIT */
/* Options of sockets (socket(7)): getsockopt and setsockopt. Those that mean something only on a network are remembered. */
#include "net/socket.h"
#include "process/handlers.h"
#include "time/convert.h"

#define BUFFER_LEAST 2304 /* SOCK_MIN_RCVBUF and SNDBUF of Linux, in about */
#define BUFFER_MOST 425984 /* twice net.core.wmem_max */

/* Options that are a bit, and have no effect here. */
static bool is_remembered(uint32_t option)
{
	switch (option) {
	case LINUX_SO_DEBUG:
	case LINUX_SO_REUSEADDR:
	case LINUX_SO_DONTROUTE:
	case LINUX_SO_BROADCAST:
	case LINUX_SO_KEEPALIVE:
	case LINUX_SO_OOBINLINE:
	case LINUX_SO_REUSEPORT:
	case LINUX_SO_TIMESTAMP_OLD:
		return true;
	default:
		return false;
	}
}

/* Setting. */

static int time_set(struct task *task, uint64_t address, uint32_t bytes, uint64_t *ns)
{
	struct time_value time;

	if (bytes < sizeof(time))
		return -EINVAL;
	if (user_get(task->memory, &time, address))
		return -EFAULT;
	if (time.fraction < 0 || time.fraction >= 1000000)
		return -EDOM;
	if (time.seconds < 0)
		time = (struct time_value){0};
	return time_to_ns(&time, 1000000, ns) ? 0 : -EDOM;
}

/* Twice what was asked for, as Linux tells and does. */
static uint32_t buffer_bytes(uint32_t value)
{
	uint64_t twice = 2ull * value;

	return twice < BUFFER_LEAST ? BUFFER_LEAST : twice < BUFFER_MOST ? (uint32_t)twice : BUFFER_MOST;
}

static int linger_set(struct task *task, struct socket *socket, uint64_t address, uint32_t bytes)
{
	if (bytes < sizeof(socket->linger))
		return -EINVAL;
	return user_get(task->memory, &socket->linger, address);
}

static int number_set(struct socket *socket, uint32_t option, int32_t value)
{
	switch (option) {
	case LINUX_SO_PASSCRED:
		socket->passes_credentials = value;
		return 0;
	case LINUX_SO_SNDBUF:
		socket->send_bytes = buffer_bytes((uint32_t)value);
		return 0;
	case LINUX_SO_RCVBUF:
		socket->receive_bytes = buffer_bytes((uint32_t)value);
		return 0;
	case LINUX_SO_PRIORITY:
	case LINUX_SO_RCVLOWAT:
		return 0;
	case LINUX_SO_TYPE:
	case LINUX_SO_ERROR:
	case LINUX_SO_DOMAIN:
	case LINUX_SO_PROTOCOL:
	case LINUX_SO_ACCEPTCONN:
		return -ENOPROTOOPT;
	default:
		if (!is_remembered(option))
			return -ENOPROTOOPT;
		socket->options = value ? socket->options | 1u << option : socket->options & ~(1u << option);
		return 0;
	}
}

static int option_set(struct task *task, struct socket *socket, uint32_t option, uint64_t address, uint32_t bytes)
{
	int32_t value;

	if (option == LINUX_SO_RCVTIMEO_OLD)
		return time_set(task, address, bytes, &socket->receive_ns);
	if (option == LINUX_SO_SNDTIMEO_OLD)
		return time_set(task, address, bytes, &socket->send_ns);
	if (option == LINUX_SO_LINGER)
		return linger_set(task, socket, address, bytes);
	if (bytes < sizeof(value))
		return -EINVAL;
	if (user_get(task->memory, &value, address))
		return -EFAULT;
	return number_set(socket, option, value);
}

static int64_t option_change(struct task *task, const struct description *description, struct socket *socket, const uint64_t arguments[6])
{
	(void)description;
	return (uint32_t)arguments[1] == LINUX_SOL_SOCKET ? option_set(task, socket, (uint32_t)arguments[2], arguments[3], (uint32_t)arguments[4]) : -EOPNOTSUPP;
}

int64_t linux_setsockopt(struct task *task, const uint64_t arguments[6])
{
	return (int32_t)arguments[4] < 0 ? -EINVAL : socket_call(task, arguments, option_change);
}

/* Getting. */

union value {
	int32_t number;
	struct linux_timeval time;
	struct linux_linger linger;
	struct linux_ucred credentials;
};

static uint32_t time_get(uint64_t ns, union value *value)
{
	value->time = (struct linux_timeval){.tv_sec = (int64_t)(ns / NS_PER_SECOND), .tv_usec = (int64_t)(ns % NS_PER_SECOND / 1000)};
	return sizeof(value->time);
}

static int32_t error_take(struct socket *socket)
{
	int32_t error = socket->error;

	socket->error = 0;
	return error;
}

static int number_get(struct socket *socket, uint32_t option, int32_t *number)
{
	switch (option) {
	case LINUX_SO_TYPE:
		*number = (int32_t)socket->type;
		return 0;
	case LINUX_SO_ERROR:
		*number = error_take(socket);
		return 0;
	case LINUX_SO_DOMAIN:
		*number = LINUX_AF_UNIX;
		return 0;
	case LINUX_SO_PROTOCOL:
	case LINUX_SO_PRIORITY:
		*number = 0;
		return 0;
	case LINUX_SO_ACCEPTCONN:
		*number = socket->state == SOCKET_LISTENING;
		return 0;
	case LINUX_SO_PASSCRED:
		*number = socket->passes_credentials;
		return 0;
	case LINUX_SO_SNDBUF:
		*number = (int32_t)socket->send_bytes;
		return 0;
	case LINUX_SO_RCVBUF:
		*number = (int32_t)socket->receive_bytes;
		return 0;
	case LINUX_SO_RCVLOWAT:
	case LINUX_SO_SNDLOWAT:
		*number = 1;
		return 0;
	default:
		*number = is_remembered(option) ? (int32_t)(socket->options >> option & 1) : 0;
		return is_remembered(option) ? 0 : -ENOPROTOOPT;
	}
}

/* The value; how many bytes it has. */
static int64_t option_get(struct socket *socket, uint32_t option, union value *value)
{
	int error;

	switch (option) {
	case LINUX_SO_RCVTIMEO_OLD:
		return time_get(socket->receive_ns, value);
	case LINUX_SO_SNDTIMEO_OLD:
		return time_get(socket->send_ns, value);
	case LINUX_SO_LINGER:
		value->linger = socket->linger;
		return sizeof(value->linger);
	case LINUX_SO_PEERCRED:
		value->credentials = socket->peer_name || socket->peer || socket->state == SOCKET_CUT ? socket->peer_owner : (struct linux_ucred){.uid = UINT32_MAX, .gid = UINT32_MAX};
		return sizeof(value->credentials);
	default:
		error = number_get(socket, option, &value->number);
		return error ? error : (int64_t)sizeof(value->number);
	}
}

static int64_t option_tell(struct task *task, const struct description *description, struct socket *socket, const uint64_t arguments[6])
{
	union value value = {0};
	int64_t bytes;
	int32_t room;

	(void)description;
	if ((uint32_t)arguments[1] != LINUX_SOL_SOCKET)
		return -EOPNOTSUPP;
	if (user_get(task->memory, &room, arguments[4]))
		return -EFAULT;
	if (room < 0)
		return -EINVAL;
	bytes = option_get(socket, (uint32_t)arguments[2], &value);
	if (bytes < 0)
		return bytes;
	if (room > bytes)
		room = (int32_t)bytes;
	return user_write(task->memory, arguments[3], &value, (size_t)room) ? -EFAULT : user_put(task->memory, arguments[4], &room);
}

int64_t linux_getsockopt(struct task *task, const uint64_t arguments[6])
{
	return socket_call(task, arguments, option_tell);
}
