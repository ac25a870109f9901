/* SPDX-License-Identifier: MIT */
/*
 * Options that matter on a network (net/options.h): who may set them to what, as sock_setsockopt() of Linux has it. There is no network here, nor is there one in Linux's AF_UNIX: they are kept and told, as there.
 */
#include "net/options.h"
#include "process/permission.h"

#define PRIORITY_FREE 6 /* up to here everybody may */
#define BUFFERS_LOCKED 3 /* SOCK_SNDBUF_LOCK, SOCK_RCVBUF_LOCK */
#define EXTENSIONS 64 /* SKF_AD_MAX: what filters know besides a message's bytes */
#define NAMESPACE_COOKIE 1 /* of the one network namespace that there is */

static uint64_t cookies; /* given so far */

static bool may_send_raw(const struct task *task)
{
	return option_administers(task) || task_may(task, LINUX_CAP_NET_RAW);
}

static int kept_if(uint32_t *kept, int32_t value, bool may)
{
	if (!may)
		return -EPERM;
	*kept = (uint32_t)value;
	return 0;
}

static int busy_poll_set(const struct task *task, uint32_t *kept, int32_t value, int32_t most)
{
	if (value > (int32_t)*kept && !option_administers(task))
		return -EPERM;
	return value < 0 || value > most ? -EINVAL : kept_if(kept, value, true);
}

static int pacing_set(struct task *task, struct socket *socket, int32_t value, uint64_t address, uint32_t bytes)
{
	uint64_t rate = value == -1 ? UINT64_MAX : (uint32_t)value;

	if (bytes >= sizeof(rate) && user_get(task->memory, &rate, address))
		return -EFAULT;
	socket->network.pacing = rate;
	return 0;
}

static int transmit_time_set(struct task *task, struct socket *socket, uint64_t address, uint32_t bytes)
{
	struct linux_sock_txtime given;

	if (bytes != sizeof(given))
		return -EINVAL;
	if (user_get(task->memory, &given, address))
		return -EFAULT;
	if (given.flags & ~(uint32_t)(LINUX_SOF_TXTIME_DEADLINE_MODE | LINUX_SOF_TXTIME_REPORT_ERRORS))
		return -EINVAL;
	if (given.clockid != LINUX_CLOCK_MONOTONIC && !option_administers(task))
		return -EPERM;
	socket->network.transmit_time = given;
	return 0;
}

/* By number: nobody looks whether there is such a device. */
static int device_set(struct task *task, struct socket *socket, int32_t value)
{
	if (socket->network.device && !task_may(task, LINUX_CAP_NET_RAW))
		return -EPERM;
	if (value < 0)
		return -EINVAL;
	socket->network.device = value;
	return 0;
}

static int bounded_set(int32_t *kept, int32_t value, int32_t least, int32_t most)
{
	if (value < least || value > most)
		return -EINVAL;
	*kept = value;
	return 0;
}

static int hash_again_set(struct socket *socket, int32_t value)
{
	return bounded_set(&socket->network.hash_again, value == -1 ? 1 : value, 0, 1); /* -1: as net.core.txrehash has it */
}

static int allowed_bit_set(struct socket *socket, uint32_t option, bool value, bool may)
{
	if (!may)
		return -EPERM;
	option_bit_set(socket, option, value);
	return 0;
}

int network_option_set(struct task *task, struct socket *socket, uint32_t option, int32_t value, uint64_t address, uint32_t bytes)
{
	struct socket_network *network = &socket->network;

	switch (option) {
	case LINUX_SO_PRIORITY:
		return kept_if(&network->priority, value, (value >= 0 && value <= PRIORITY_FREE) || may_send_raw(task));
	case LINUX_SO_MARK:
		return kept_if(&network->mark, value, may_send_raw(task));
	case LINUX_SO_RCVMARK:
		return allowed_bit_set(socket, option, value, true);
	case LINUX_SO_BUSY_POLL:
		return busy_poll_set(task, &network->busy_poll, value, INT32_MAX);
	case LINUX_SO_BUSY_POLL_BUDGET:
		return busy_poll_set(task, &network->busy_poll_budget, value, UINT16_MAX);
	case LINUX_SO_PREFER_BUSY_POLL:
		return allowed_bit_set(socket, option, value, !value || option_administers(task));
	case LINUX_SO_INCOMING_CPU:
		network->processor = value;
		return 0;
	case LINUX_SO_BINDTOIFINDEX:
		return device_set(task, socket, value);
	case LINUX_SO_MAX_PACING_RATE:
		return pacing_set(task, socket, value, address, bytes);
	case LINUX_SO_TXTIME:
		return transmit_time_set(task, socket, address, bytes);
	case LINUX_SO_TXREHASH:
		return hash_again_set(socket, value);
	case LINUX_SO_BUF_LOCK:
		return value & ~BUFFERS_LOCKED ? -EINVAL : kept_if(&network->buffer_lock, value, true);
	case LINUX_SO_RESERVE_MEM:
		return value < 0 ? -EINVAL : -EOPNOTSUPP; /* for sockets whose memory a group accounts for */
	case LINUX_SO_ZEROCOPY:
		return -EOPNOTSUPP; /* of sockets of the internet */
	case LINUX_SO_BSDCOMPAT:
	case LINUX_SO_CNX_ADVICE:
		return 0; /* as Linux: nothing is kept */
	default:
		return -ENOPROTOOPT;
	}
}

/* Getting. */

static int64_t number_tell(union option_value *value, int64_t number)
{
	value->number = (int32_t)number;
	return sizeof(value->number);
}

static int64_t long_tell(union option_value *value, uint64_t number)
{
	value->long_number = number;
	return sizeof(value->long_number);
}

static int64_t pacing_tell(const struct socket *socket, uint32_t room, union option_value *value)
{
	uint64_t rate = socket->network.pacing;

	return room >= sizeof(rate) ? long_tell(value, rate) : number_tell(value, rate < UINT32_MAX ? (int64_t)rate : UINT32_MAX);
}

static int64_t cookie_tell(struct socket *socket, uint32_t room, union option_value *value)
{
	if (room < sizeof(socket->cookie))
		return -EINVAL;
	if (!socket->cookie)
		socket->cookie = ++cookies;
	return long_tell(value, socket->cookie);
}

/* struct sk_meminfo of Linux by number: what lies unread, how much may, the same of what is to be sent. */
static int64_t memory_tell(const struct socket *socket, union option_value *value)
{
	value->memory[1] = socket->receive_bytes;
	value->memory[3] = socket->send_bytes;
	value->memory[2] = socket->peer ? (uint32_t)socket->peer->charged : 0; /* what has been sent and not read counts at the sender */
	return sizeof(value->memory);
}

int64_t network_option_get(struct socket *socket, uint32_t option, uint32_t room, union option_value *value)
{
	const struct socket_network *network = &socket->network;

	switch (option) {
	case LINUX_SO_PRIORITY:
		return number_tell(value, network->priority);
	case LINUX_SO_MARK:
		return number_tell(value, network->mark);
	case LINUX_SO_BUSY_POLL:
		return number_tell(value, network->busy_poll);
	case LINUX_SO_BUF_LOCK:
		return number_tell(value, network->buffer_lock);
	case LINUX_SO_INCOMING_CPU:
		return number_tell(value, network->processor);
	case LINUX_SO_BINDTOIFINDEX:
		return number_tell(value, network->device);
	case LINUX_SO_TXREHASH:
		return number_tell(value, network->hash_again);
	case LINUX_SO_BPF_EXTENSIONS:
		return number_tell(value, EXTENSIONS);
	case LINUX_SO_BSDCOMPAT:
	case LINUX_SO_INCOMING_NAPI_ID:
	case LINUX_SO_RESERVE_MEM:
	case LINUX_SO_ZEROCOPY:
		return number_tell(value, 0);
	case LINUX_SO_RCVMARK:
	case LINUX_SO_PREFER_BUSY_POLL:
		return number_tell(value, socket_has_option(socket, option));
	case LINUX_SO_MAX_PACING_RATE:
		return pacing_tell(socket, room, value);
	case LINUX_SO_TXTIME:
		value->transmit_time = network->transmit_time;
		return sizeof(value->transmit_time);
	case LINUX_SO_COOKIE:
		return cookie_tell(socket, room, value);
	case LINUX_SO_NETNS_COOKIE:
		return room == sizeof(uint64_t) ? long_tell(value, NAMESPACE_COOKIE) : -EINVAL;
	case LINUX_SO_MEMINFO:
		return memory_tell(socket, value);
	default:
		return -ENOPROTOOPT;
	}
}
