/* SPDX-License-Identifier: MIT */
/* What stat, statx and statfs tell, and the times that utimes and its family set. */
#include "abi/linux/constants.h"
#include "abi/linux/structures.h"
#include "trace/calls.h"
#include "trace/dates.h"
#include "trace/own.h"

#define FILE_TYPE_BITS 0170000

void put_stat(struct trace_line *line, const void *copy)
{
	const struct linux_stat *stat = copy;
	uint32_t type = stat->st_mode & FILE_TYPE_BITS;

	put_text(line, "{st_mode=");
	put_value(line, VALUE_FILE_MODE, NULL, stat->st_mode);
	if (type == LINUX_S_IFCHR || type == LINUX_S_IFBLK) {
		put_text(line, ", st_rdev=");
		put_value(line, VALUE_DEVICE, NULL, stat->st_rdev);
	} else {
		put_text(line, ", st_size=");
		put_unsigned(line, (uint64_t)stat->st_size);
	}
	put_text(line, ", ...}");
}

void put_statx(struct trace_line *line, const void *copy)
{
	const struct linux_statx *statx = copy;

	put_text(line, "{stx_mask=");
	put_flags(line, &names_statx_mask, statx->stx_mask);
	put_text(line, ", stx_attributes=");
	put_flags(line, &names_statx_attributes, statx->stx_attributes);
	if (statx->stx_mask & (LINUX_STATX_TYPE | LINUX_STATX_MODE)) {
		put_text(line, ", stx_mode=");
		put_value(line, VALUE_FILE_MODE, NULL, statx->stx_mode);
	}
	if (statx->stx_mask & LINUX_STATX_SIZE) {
		put_text(line, ", stx_size=");
		put_unsigned(line, statx->stx_size);
	}
	put_text(line, ", ...}");
}

static void put_member(struct trace_line *line, const char *name, uint64_t value)
{
	put_text(line, name);
	put_unsigned(line, value);
}

void put_statfs(struct trace_line *line, const void *copy)
{
	const struct linux_statfs *statfs = copy;

	put_text(line, "{f_type=");
	put_choice(line, &names_filesystem_magics, (uint64_t)statfs->f_type);
	put_member(line, ", f_bsize=", (uint64_t)statfs->f_bsize);
	put_member(line, ", f_blocks=", statfs->f_blocks);
	put_member(line, ", f_bfree=", statfs->f_bfree);
	put_member(line, ", f_bavail=", statfs->f_bavail);
	put_member(line, ", f_files=", statfs->f_files);
	put_member(line, ", f_ffree=", statfs->f_ffree);
	put_text(line, ", f_fsid={val=[");
	put_hex(line, statfs->f_fsid[0]);
	put_text(line, ", ");
	put_hex(line, statfs->f_fsid[1]);
	put_member(line, "]}, f_namelen=", (uint64_t)statfs->f_namelen);
	put_member(line, ", f_frsize=", (uint64_t)statfs->f_frsize);
	if (statfs->f_flags & LINUX_ST_VALID) {
		put_text(line, ", f_flags=");
		put_flags(line, &names_statfs_flags, (uint64_t)statfs->f_flags);
	}
	put_character(line, '}');
}

/* Two times, or null: now. */
static void put_pair(struct trace_line *line, uint64_t address, bool (*special)(struct trace_line *, const struct linux_timespec *), unsigned fractions)
{
	struct linux_timespec times[2];

	if (!read_memory(line, address, times, sizeof(times))) {
		put_address(line, address);
		return;
	}
	for (unsigned i = 0; i < 2; i++) {
		put_text(line, i ? ", " : "[");
		if (special && special(line, &times[i]))
			continue;
		put_structure(line, fractions == DATE_MICROSECONDS ? &structure_timeval : &structure_timespec, &times[i]);
		put_date_comment(line, times[i].tv_sec, (uint64_t)times[i].tv_nsec, fractions);
	}
	put_character(line, ']');
}

enum outcome argument_in_two_timevals(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	(void)argument;
	put_pair(line, value, NULL, DATE_MICROSECONDS);
	return PRINTED;
}

/* utimensat knows two times that are none. */
#define UTIME_NOW 0x3fffffff
#define UTIME_OMIT 0x3ffffffe

static bool put_update(struct trace_line *line, const struct linux_timespec *time)
{
	if (time->tv_nsec != UTIME_NOW && time->tv_nsec != UTIME_OMIT)
		return false;
	put_text(line, time->tv_nsec == UTIME_NOW ? "UTIME_NOW" : "UTIME_OMIT");
	return true;
}

enum outcome argument_in_two_timespec_updates(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	(void)argument;
	put_pair(line, value, put_update, DATE_NANOSECONDS);
	return PRINTED;
}

enum outcome argument_utimbuf(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	struct linux_utimbuf times;

	(void)argument;
	if (!read_memory(line, value, &times, sizeof(times))) {
		put_address(line, value);
		return PRINTED;
	}
	put_text(line, "{actime=");
	put_signed(line, times.actime);
	put_date_comment(line, times.actime, 0, DATE_SECONDS);
	put_text(line, ", modtime=");
	put_signed(line, times.modtime);
	put_date_comment(line, times.modtime, 0, DATE_SECONDS);
	put_character(line, '}');
	return PRINTED;
}
