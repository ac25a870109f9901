/* SPDX-License-Identifier: MIT */
/* Numbers by what they are: modes, devices, limits, times and others (values.h). */
#include "trace/values.h"

#include "abi/linux/constants.h"

#define AT_FDCWD (-100)
#define TICKS_A_SECOND 100
#define FILE_TYPE_BITS 0170000
#define BIT_MODES (LINUX_S_ISUID | LINUX_S_ISGID | LINUX_S_ISVTX)

static void put_file_mode(struct trace_line *line, uint64_t mode)
{
	const char *type = mode & FILE_TYPE_BITS ? name_of(&names_file_types, mode & FILE_TYPE_BITS) : "";

	if (!type) {
		put_mode(line, mode);
		return;
	}
	put_text(line, type);
	if (*type)
		put_character(line, '|');
	if (put_flags_bare(line, &names_mode_bits, mode & BIT_MODES))
		put_character(line, '|');
	put_mode(line, mode & ~(uint64_t)(FILE_TYPE_BITS | BIT_MODES));
}

static void put_open_modes(struct trace_line *line, uint64_t flags)
{
	put_text(line, name_of(&names_open_access, flags & LINUX_O_ACCMODE));
	flags &= ~(uint64_t)LINUX_O_ACCMODE;
	if (!flags)
		return;
	put_character(line, '|');
	if (!put_flags_bare(line, &names_open_flags, flags))
		put_hex(line, flags);
}

/* The 32 bits of major and minor lie in a dev_t as glibc's makedev(3) puts them. */
static void put_device(struct trace_line *line, uint64_t device)
{
	put_text(line, "makedev(");
	put_hex(line, (device >> 8 & 0xfff) | (device >> 32 & 0xfffff000));
	put_text(line, ", ");
	put_hex(line, (device & 0xff) | (device >> 12 & 0xffffff00));
	put_text(line, ")");
}

static void put_dirfd(struct trace_line *line, int32_t fd)
{
	if (fd == AT_FDCWD)
		put_text(line, "AT_FDCWD");
	else
		put_signed(line, fd);
}

static void put_ticks(struct trace_line *line, uint64_t ticks)
{
	put_unsigned(line, ticks);
	if (!ticks)
		return;
	put_text(line, " /* ");
	put_unsigned(line, ticks / TICKS_A_SECOND);
	put_character(line, '.');
	put_unsigned(line, ticks % TICKS_A_SECOND / 10);
	put_unsigned(line, ticks % 10);
	put_text(line, " s */");
}

static void put_limit(struct trace_line *line, uint64_t limit)
{
	bool kilobytes = limit > 1024 && limit % 1024 == 0;

	if (limit == UINT64_MAX) {
		put_text(line, "RLIM64_INFINITY");
		return;
	}
	put_unsigned(line, kilobytes ? limit / 1024 : limit);
	if (kilobytes)
		put_text(line, "*1024");
}

void put_value(struct trace_line *line, enum value_kind kind, const struct names *names, uint64_t value)
{
	switch (kind) {
	case VALUE_INT:
		put_signed(line, (int32_t)value);
		break;
	case VALUE_UINT:
		put_unsigned(line, (uint32_t)value);
		break;
	case VALUE_LONG:
		put_signed(line, (int64_t)value);
		break;
	case VALUE_ULONG:
		put_unsigned(line, value);
		break;
	case VALUE_HEX:
		put_hex(line, value);
		break;
	case VALUE_UINT_HEX:
		put_hex(line, (uint32_t)value);
		break;
	case VALUE_ADDRESS:
		put_address(line, value);
		break;
	case VALUE_MODE:
		put_mode(line, value);
		break;
	case VALUE_FILE_MODE:
		put_file_mode(line, (uint32_t)value);
		break;
	case VALUE_OPEN_MODES:
		put_open_modes(line, value);
		break;
	case VALUE_DEVICE:
		put_device(line, value);
		break;
	case VALUE_UID:
		if ((uint32_t)value == UINT32_MAX)
			put_signed(line, -1);
		else
			put_unsigned(line, (uint32_t)value);
		break;
	case VALUE_DIRFD:
		put_dirfd(line, (int32_t)value);
		break;
	case VALUE_SIGNAL:
		put_signal(line, (int32_t)value);
		break;
	case VALUE_CLOCK_TICKS:
		put_ticks(line, value);
		break;
	case VALUE_LIMIT:
		put_limit(line, value);
		break;
	case VALUE_SET:
		put_flags(line, names, value);
		break;
	case VALUE_CHOICE:
		put_choice(line, names, value);
		break;
	}
}
