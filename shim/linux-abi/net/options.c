/* SPDX-License-Identifier: MIT */
/* Options of sockets (socket(7)): getsockopt and setsockopt. */
#include "net/options.h"

#include "bpf/program.h"
#include "net/filter.h"
#include "process/handlers.h"
#include "process/permission.h"
#include "time/convert.h"

#define SEND_LEAST 4608 /* SOCK_MIN_SNDBUF of Linux */
#define RECEIVE_LEAST 2304 /* SOCK_MIN_RCVBUF */
#define DEVICE_NAME_BYTES 16 /* IFNAMSIZ, with the NUL */
#define BUFFER_MOST 212992 /* net.core.wmem_max, rmem_max */

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
	case LINUX_SO_PASSSEC:
	case LINUX_SO_RXQ_OVFL:
	case LINUX_SO_WIFI_STATUS:
	case LINUX_SO_NOFCS:
	case LINUX_SO_LOCK_FILTER:
	case LINUX_SO_SELECT_ERR_QUEUE:
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

bool option_administers(const struct task *task)
{
	return task_may(task, LINUX_CAP_NET_ADMIN);
}

/* Time stamps are in us or in ns, not both. Under which number they come stays as it is when they are no longer wanted. */
static int stamps_set(struct socket *socket, bool wanted, bool ns, bool new_number)
{
	socket->stamps.wanted = wanted;
	socket->stamps.ns = wanted && ns;
	if (wanted)
		socket->stamps.new_number = new_number;
	return 0;
}

/* SO_TIMESTAMPING: flags alone, or with the clock of a device. Nothing is bound to a device here. */
static int stamping_set(struct task *task, struct socket *socket, uint32_t option, uint64_t address, uint32_t bytes)
{
	const uint32_t all = LINUX_SOF_TIMESTAMPING_BIND_PHC * 2 - 1, statistics = LINUX_SOF_TIMESTAMPING_OPT_STATS | LINUX_SOF_TIMESTAMPING_OPT_TSONLY;
	struct linux_so_timestamping given = {0};
	uint32_t flags;

	if (user_read(task->memory, &given, address, bytes == sizeof(given) ? sizeof(given) : sizeof(given.flags)))
		return -EFAULT;
	flags = (uint32_t)given.flags;
	if (flags & ~all || (flags & statistics) == LINUX_SOF_TIMESTAMPING_OPT_STATS)
		return -EINVAL;
	if (flags & LINUX_SOF_TIMESTAMPING_BIND_PHC)
		return -EOPNOTSUPP;
	socket->stamps.flags = flags;
	socket->stamps.new_number = option == LINUX_SO_TIMESTAMPING_NEW;
	return 0;
}

void option_bit_set(struct socket *socket, uint32_t option, bool value)
{
	uint64_t *word = &socket->options[option / 64], bit = 1ull << option % 64;

	*word = value ? *word | bit : *word & ~bit;
}

static int bit_set(struct task *task, struct socket *socket, uint32_t option, bool value)
{
	if (option == LINUX_SO_DEBUG && value && !option_administers(task))
		return -EACCES;
	if (option == LINUX_SO_REUSEPORT && value)
		return -EOPNOTSUPP; /* of sockets of the internet */
	if (option == LINUX_SO_LOCK_FILTER && !value && socket_has_option(socket, option))
		return -EPERM;
	option_bit_set(socket, option, value);
	return 0;
}

/* Who has said how large a buffer is keeps it so (SO_BUF_LOCK). */
static int buffer_set(struct task *task, struct socket *socket, int32_t value, bool sends, bool forced)
{
	if (forced && !option_administers(task))
		return -EPERM;
	*(sends ? &socket->send_bytes : &socket->receive_bytes) = buffer_bytes(value, sends ? SEND_LEAST : RECEIVE_LEAST, forced);
	socket->network.buffer_lock |= sends ? 1 : 2;
	return 0;
}

/* Filters of the other kind are programs that bpf(2) makes: there are none, so that no open file is one. */
static int program_attach(struct task *task, struct socket *socket, int32_t number, uint32_t bytes)
{
	struct description *description;
	int error = socket_has_option(socket, LINUX_SO_LOCK_FILTER) ? -EPERM : bytes != sizeof(number) ? -EINVAL : descriptor_take(task, (uint32_t)number, &description);

	if (error)
		return error;
	description_release(description);
	return -EINVAL;
}

static int number_set(struct task *task, struct socket *socket, uint32_t option, int32_t value)
{
	switch (option) {
	case LINUX_SO_PASSCRED:
		socket->passes_credentials = value;
		return 0;
	case LINUX_SO_SNDBUF:
	case LINUX_SO_SNDBUFFORCE:
		return buffer_set(task, socket, value, true, option == LINUX_SO_SNDBUFFORCE);
	case LINUX_SO_RCVBUF:
	case LINUX_SO_RCVBUFFORCE:
		return buffer_set(task, socket, value, false, option == LINUX_SO_RCVBUFFORCE);
	case LINUX_SO_TIMESTAMP_OLD:
	case LINUX_SO_TIMESTAMP_NEW:
	case LINUX_SO_TIMESTAMPNS_OLD:
	case LINUX_SO_TIMESTAMPNS_NEW:
		return stamps_set(socket, value, option == LINUX_SO_TIMESTAMPNS_OLD || option == LINUX_SO_TIMESTAMPNS_NEW, option == LINUX_SO_TIMESTAMP_NEW || option == LINUX_SO_TIMESTAMPNS_NEW);
	case LINUX_SO_RCVLOWAT:
		socket->receive_least = value < 0 ? INT32_MAX : value ? (uint32_t)value : 1;
		return 0;
	case LINUX_SO_PEEK_OFF:
		socket->peek_offset = value;
		return 0;
	case LINUX_SO_DETACH_FILTER:
		return filter_detach(socket);
	case LINUX_SO_DETACH_REUSEPORT_BPF:
		return -EINVAL; /* no sockets share a port */
	default:
		return is_bit(option) ? bit_set(task, socket, option, value) : -ENOPROTOOPT;
	}
}

/* The two kinds of filters for sockets that share a port, which those of AF_UNIX never do: what is given is looked at first. */
static int shared_filter_attach(struct task *task, struct socket *socket, uint32_t option, int32_t value, uint64_t address, uint32_t bytes)
{
	struct socket tried = {.options = {socket->options[0], socket->options[1]}};
	int error;

	if (option == LINUX_SO_ATTACH_REUSEPORT_EBPF)
		return program_attach(task, socket, value, bytes);
	error = filter_attach(task, &tried, address, bytes);
	if (tried.filter)
		bpf_release(tried.filter);
	return error ? error : -EINVAL;
}

/* By name: no name binds to no device, and there is no other. */
static int device_name_set(struct task *task, struct socket *socket, uint64_t address, uint32_t bytes)
{
	char name[DEVICE_NAME_BYTES] = "";

	if (user_read(task->memory, name, address, bytes < sizeof(name) ? bytes : sizeof(name) - 1))
		return -EFAULT;
	if (name[0])
		return -ENODEV;
	return network_option_set(task, socket, LINUX_SO_BINDTOIFINDEX, 0, 0, sizeof(int32_t));
}

static int option_set(struct task *task, struct socket *socket, uint32_t option, uint64_t address, uint32_t bytes)
{
	int32_t value;

	int error;

	if (option == LINUX_SO_BINDTODEVICE)
		return device_name_set(task, socket, address, bytes);
	if (bytes < sizeof(value))
		return -EINVAL;
	if (user_get(task->memory, &value, address))
		return -EFAULT;
	switch (option) {
	case LINUX_SO_RCVTIMEO_OLD:
	case LINUX_SO_RCVTIMEO_NEW:
		return time_set(task, address, bytes, &socket->receive_ns);
	case LINUX_SO_SNDTIMEO_OLD:
	case LINUX_SO_SNDTIMEO_NEW:
		return time_set(task, address, bytes, &socket->send_ns);
	case LINUX_SO_LINGER:
		return linger_set(task, socket, address, bytes);
	case LINUX_SO_TIMESTAMPING_OLD:
	case LINUX_SO_TIMESTAMPING_NEW:
		return stamping_set(task, socket, option, address, bytes);
	case LINUX_SO_ATTACH_FILTER:
		return filter_attach(task, socket, address, bytes);
	case LINUX_SO_ATTACH_BPF:
		return program_attach(task, socket, value, bytes);
	case LINUX_SO_ATTACH_REUSEPORT_CBPF:
	case LINUX_SO_ATTACH_REUSEPORT_EBPF:
		return shared_filter_attach(task, socket, option, value, address, bytes);
	default:
		error = number_set(task, socket, option, value);
		return error == -ENOPROTOOPT ? network_option_set(task, socket, option, value, address, bytes) : error;
	}
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

static uint32_t time_get(uint64_t ns, union option_value *value)
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
	const struct socket_stamps *stamps = &socket->stamps;

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
		*number = stamps->wanted && !stamps->new_number && !stamps->ns;
		return 0;
	case LINUX_SO_TIMESTAMPNS_OLD:
		*number = stamps->ns && !stamps->new_number;
		return 0;
	case LINUX_SO_TIMESTAMP_NEW:
		*number = stamps->wanted && stamps->new_number;
		return 0;
	case LINUX_SO_TIMESTAMPNS_NEW:
		*number = stamps->ns && stamps->new_number;
		return 0;
	default:
		*number = is_bit(option) && socket_has_option(socket, option);
		return is_bit(option) ? 0 : -ENOPROTOOPT;
	}
}

/* The value; how many bytes it has. */
static int64_t option_get(struct socket *socket, uint32_t option, uint32_t room, union option_value *value)
{
	int error;

	switch (option) {
	case LINUX_SO_RCVTIMEO_OLD:
	case LINUX_SO_RCVTIMEO_NEW:
		return time_get(socket->receive_ns, value);
	case LINUX_SO_SNDTIMEO_OLD:
	case LINUX_SO_SNDTIMEO_NEW:
		return time_get(socket->send_ns, value);
	case LINUX_SO_LINGER:
		value->linger = socket->linger;
		return sizeof(value->linger);
	case LINUX_SO_PEERCRED:
		value->credentials = socket->peer_name || socket->peer || socket->state == SOCKET_CUT ? socket->peer_owner : (struct linux_ucred){.uid = UINT32_MAX, .gid = UINT32_MAX};
		return sizeof(value->credentials);
	case LINUX_SO_TIMESTAMPING_OLD:
		value->stamping = (struct linux_so_timestamping){.flags = (int32_t)socket->stamps.flags};
		return sizeof(value->stamping);
	default:
		error = number_get(socket, option, &value->number);
		return error == -ENOPROTOOPT ? network_option_get(socket, option, room, value) : error ? error : (int64_t)sizeof(value->number);
	}
}

/* The address of the peer: to one who has no more room than it has bytes. */
static int64_t peer_name_tell(struct task *task, const struct socket *socket, uint64_t address, uint32_t room)
{
	uint32_t bytes;

	if (!socket->peer)
		return -ENOTCONN;
	if (address_put_within(task, address, room, socket->peer_name, &bytes))
		return -EFAULT;
	return room > bytes ? -EINVAL : (int64_t)room;
}

/* The groups of the peer; *needed becomes their bytes when there is no room for them (-ERANGE). */
static int64_t peer_groups_tell(struct task *task, const struct socket *socket, uint64_t address, uint32_t room, int32_t *needed)
{
	const struct credentials *peer = socket->peer_identity;
	uint32_t bytes = peer ? (uint32_t)(peer->group_count * sizeof(peer->groups[0])) : 0;

	if (!peer)
		return -ENODATA;
	if (room < bytes) {
		*needed = (int32_t)bytes;
		return -ERANGE;
	}
	return bytes && user_write(task->memory, address, peer->groups, bytes) ? -EFAULT : (int64_t)bytes;
}

/* Options that lie where they are wanted at once: how many bytes or instructions these are. */
static int64_t option_put(struct task *task, struct socket *socket, uint32_t option, uint64_t address, uint32_t room, int32_t *needed)
{
	union option_value value = {0};
	int64_t bytes;

	switch (option) {
	case LINUX_SO_PEERNAME:
		return peer_name_tell(task, socket, address, room);
	case LINUX_SO_ATTACH_FILTER: /* SO_GET_FILTER */
		return filter_tell(task, socket, address, room);
	case LINUX_SO_PEERGROUPS:
		return peer_groups_tell(task, socket, address, room, needed);
	case LINUX_SO_BINDTODEVICE:
		return socket->network.device ? -ENODEV : 0;
	default:
		bytes = option_get(socket, option, room, &value);
		if (bytes > room)
			bytes = room;
		return bytes > 0 && user_write(task->memory, address, &value, (size_t)bytes) ? -EFAULT : bytes;
	}
}

static int64_t option_tell(struct task *task, const struct description *description, struct socket *socket, const uint64_t arguments[6])
{
	int64_t bytes;
	int32_t room;

	(void)description;
	if ((uint32_t)arguments[1] != LINUX_SOL_SOCKET)
		return -EOPNOTSUPP;
	if (user_get(task->memory, &room, arguments[4]))
		return -EFAULT;
	if (room < 0)
		return -EINVAL;
	bytes = option_put(task, socket, (uint32_t)arguments[2], arguments[3], (uint32_t)room, &room);
	if (bytes == -ERANGE && user_put(task->memory, arguments[4], &room))
		return -EFAULT;
	if (bytes < 0)
		return bytes;
	room = (int32_t)bytes;
	return user_put(task->memory, arguments[4], &room);
}

int64_t linux_getsockopt(struct task *task, const uint64_t arguments[6])
{
	return socket_call(task, arguments, option_tell);
}
