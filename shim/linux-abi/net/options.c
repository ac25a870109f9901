/* SPDX-License-Identifier: MIT */
/* Options of sockets (socket(7)): getsockopt and setsockopt. Those that mean something only on a network are remembered. */
#include "net/socket.h"
#include "process/handlers.h"
#include "process/permission.h"
#include "time/convert.h"

#define SEND_LEAST 4608 /* SOCK_MIN_SNDBUF of Linux */
#define RECEIVE_LEAST 2304 /* SOCK_MIN_RCVBUF */
#define BUFFER_MOST 212992 /* net.core.wmem_max, rmem_max */
#define PRIORITY_FREE 6 /* up to here everybody may */

/* Options that are a bit. */
static bool is_bit(uint32_t option)
{
	switch (option) {
	case LINUX_SO_DEBUG:
	case LINUX_SO_REUSEADDR:
	case LINUX_SO_DONTROUTE:
	case LINUX_SO_BROADCAST:
	case LINUX_SO_KEEPALIVE:
	case LINUX_SO_OOBINLINE:
	case LINUX_SO_NO_CHECK:
	case LINUX_SO_REUSEPORT:
	case LINUX_SO_TIMESTAMP_OLD:
	case LINUX_SO_TIMESTAMPNS_OLD:
	case LINUX_SO_PASSSEC:
	case LINUX_SO_RXQ_OVFL:
	case LINUX_SO_LOCK_FILTER:
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

/* Twice what was asked for, as Linux tells and does; a negative number is a large one, unless `forced`. */
static uint32_t buffer_bytes(int32_t value, uint32_t least, bool forced)
{
	uint32_t asked = forced && value < 0 ? 0 : (uint32_t)value, most = forced ? INT32_MAX / 2 : BUFFER_MOST, twice = 2 * (asked < most ? asked : most);

	return twice < least ? least : twice;
}

static int linger_set(struct task *task, struct socket *socket, uint64_t address, uint32_t bytes)
{
	if (bytes < sizeof(socket->linger))
		return -EINVAL;
	return user_get(task->memory, &socket->linger, address);
}

static bool may_administer(const struct task *task)
{
	return task_may(task, LINUX_CAP_NET_ADMIN);
}

/* Time stamps are in us or in ns, not both: that they are wanted at all is SO_TIMESTAMP's bit here. */
static void stamps_set(struct socket *socket, bool wanted, bool ns)
{
	uint64_t both = 1ull << LINUX_SO_TIMESTAMP_OLD | 1ull << LINUX_SO_TIMESTAMPNS_OLD;

	socket->options = (socket->options & ~both) | (!wanted ? 0 : ns ? both : 1ull << LINUX_SO_TIMESTAMP_OLD);
}

static int bit_set(struct task *task, struct socket *socket, uint32_t option, bool value)
{
	if (option == LINUX_SO_DEBUG && value && !may_administer(task))
		return -EACCES;
	if (option == LINUX_SO_REUSEPORT && value)
		return -EOPNOTSUPP; /* of sockets of the internet */
	if (option == LINUX_SO_LOCK_FILTER && !value && socket_has_option(socket, option))
		return -EPERM;
	if (option == LINUX_SO_TIMESTAMP_OLD || option == LINUX_SO_TIMESTAMPNS_OLD)
		stamps_set(socket, value, option == LINUX_SO_TIMESTAMPNS_OLD);
	else
		socket->options = value ? socket->options | 1ull << option : socket->options & ~(1ull << option);
	return 0;
}

static int forced_set(struct task *task, uint32_t *bytes, int32_t value, uint32_t least)
{
	if (!may_administer(task))
		return -EPERM;
	*bytes = buffer_bytes(value, least, true);
	return 0;
}

/* Options that matter on a network, and are remembered: who may set them to what. */
static int remembered_set(struct task *task, struct socket *socket, uint32_t option, int32_t value)
{
	bool may = may_administer(task), may_send = may || task_may(task, LINUX_CAP_NET_RAW);

	if (option == LINUX_SO_PRIORITY ? (value < 0 || value > PRIORITY_FREE) && !may_send : option == LINUX_SO_MARK ? !may_send : value > (int32_t)socket->busy_poll && !may)
		return -EPERM;
	if (option == LINUX_SO_BUSY_POLL && value < 0)
		return -EINVAL;
	*(option == LINUX_SO_PRIORITY ? &socket->priority : option == LINUX_SO_MARK ? &socket->mark : &socket->busy_poll) = (uint32_t)value;
	return 0;
}

static int number_set(struct task *task, struct socket *socket, uint32_t option, int32_t value)
{
	switch (option) {
	case LINUX_SO_PASSCRED:
		socket->passes_credentials = value;
		return 0;
	case LINUX_SO_SNDBUF:
		socket->send_bytes = buffer_bytes(value, SEND_LEAST, false);
		return 0;
	case LINUX_SO_RCVBUF:
		socket->receive_bytes = buffer_bytes(value, RECEIVE_LEAST, false);
		return 0;
	case LINUX_SO_SNDBUFFORCE:
		return forced_set(task, &socket->send_bytes, value, SEND_LEAST);
	case LINUX_SO_RCVBUFFORCE:
		return forced_set(task, &socket->receive_bytes, value, RECEIVE_LEAST);
	case LINUX_SO_RCVLOWAT:
		socket->receive_least = value < 0 ? INT32_MAX : value ? (uint32_t)value : 1;
		return 0;
	case LINUX_SO_PEEK_OFF:
		socket->peek_offset = value;
		return 0;
	case LINUX_SO_PRIORITY:
	case LINUX_SO_MARK:
	case LINUX_SO_BUSY_POLL:
		return remembered_set(task, socket, option, value);
	default:
		return is_bit(option) ? bit_set(task, socket, option, value) : -ENOPROTOOPT;
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
	return number_set(task, socket, option, value);
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
		*number = 0;
		return 0;
	case LINUX_SO_PRIORITY:
		*number = (int32_t)socket->priority;
		return 0;
	case LINUX_SO_MARK:
		*number = (int32_t)socket->mark;
		return 0;
	case LINUX_SO_BUSY_POLL:
		*number = (int32_t)socket->busy_poll;
		return 0;
	case LINUX_SO_PEEK_OFF:
		*number = socket->peek_offset;
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
		*number = (int32_t)socket->receive_least;
		return 0;
	case LINUX_SO_SNDLOWAT:
		*number = 1;
		return 0;
	case LINUX_SO_TIMESTAMP_OLD:
		*number = socket_has_option(socket, option) && !socket_has_option(socket, LINUX_SO_TIMESTAMPNS_OLD);
		return 0;
	default:
		*number = is_bit(option) && socket_has_option(socket, option);
		return is_bit(option) ? 0 : -ENOPROTOOPT;
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
