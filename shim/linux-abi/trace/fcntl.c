/* SPDX-License-Identifier: MIT */
/* fcntl: the command says what its argument is. */
#include "abi/linux/constants.h"
#include "abi/linux/structures.h"
#include "trace/calls.h"

/* A lock. Whose it is matters only when the call tells it. */
static void put_lock(struct trace_line *line, uint64_t address, bool tells)
{
	struct linux_flock lock;

	if (!read_memory(line, address, &lock, sizeof(lock))) {
		put_address(line, address);
		return;
	}
	put_text(line, "{l_type=");
	put_choice(line, &names_lock_types, (uint16_t)lock.l_type);
	put_text(line, ", l_whence=");
	put_choice(line, &names_whence, (uint16_t)lock.l_whence);
	put_text(line, ", l_start=");
	put_signed(line, lock.l_start);
	put_text(line, ", l_len=");
	put_signed(line, lock.l_len);
	if (tells) {
		put_text(line, ", l_pid=");
		put_signed(line, lock.l_pid);
	}
	put_character(line, '}');
}

/* Commands that write through their argument. */
static enum outcome put_told(struct trace_line *line, uint64_t command, uint64_t address)
{
	if (!line->returned)
		return LATER;
	if (!call_succeeded(line))
		put_address(line, address);
	else if (command == LINUX_F_GETOWN_EX)
		put_structure_at(line, &structure_f_owner_ex, address);
	else
		put_lock(line, address, true);
	return PRINTED;
}

enum outcome argument_fcntl(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	uint64_t command = (uint32_t)other_of(line, argument);

	switch (command) {
	case LINUX_F_GETFD:
	case LINUX_F_GETFL:
	case LINUX_F_GETOWN:
	case LINUX_F_GETPIPE_SZ:
	case LINUX_F_GETLEASE:
	case LINUX_F_GET_SEALS:
	case LINUX_F_GETSIG:
		return OMITTED;
	case LINUX_F_GETLK:
	case LINUX_F_OFD_GETLK:
	case LINUX_F_GETOWN_EX:
		return put_told(line, command, value);
	case LINUX_F_SETLK:
	case LINUX_F_SETLKW:
	case LINUX_F_OFD_SETLK:
	case LINUX_F_OFD_SETLKW:
		put_lock(line, value, false);
		break;
	case LINUX_F_SETOWN_EX:
		put_structure_at(line, &structure_f_owner_ex, value);
		break;
	case LINUX_F_SETFD:
		put_flags(line, &names_descriptor_flags, (uint32_t)value);
		break;
	case LINUX_F_SETFL:
		put_value(line, VALUE_OPEN_MODES, NULL, (uint32_t)value);
		break;
	case LINUX_F_NOTIFY:
		put_flags(line, &names_directory_notify, value);
		break;
	case LINUX_F_SETLEASE:
		put_choice(line, &names_lock_types, value);
		break;
	case LINUX_F_ADD_SEALS:
		put_flags(line, &names_seals, value);
		break;
	case LINUX_F_SETSIG:
		put_signal(line, (int32_t)value);
		break;
	case LINUX_F_DUPFD:
	case LINUX_F_DUPFD_CLOEXEC:
	case LINUX_F_SETOWN:
	case LINUX_F_SETPIPE_SZ:
		put_signed(line, (int32_t)value);
		break;
	default:
		put_hex(line, value);
	}
	return PRINTED;
}
