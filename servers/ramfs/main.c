/* SPDX-License-Identifier: MIT */
/*
 * ramfs: the service. Its whole filesystem, the open files of its clients and their last results lie in its state Region, so a new instance goes on where the last commit of the one before left off. The first instance fills it
 * from the boot package's cpio archive, if it was given one as "root".
 *
 * A state that is damaged is used as far as it can be (salvage.c): a file that has lost something answers -EIO, the others serve. When names, inodes or the region's own header are damaged, everything is answered -EIO. Both are reported as DEGRADED, and
 * nothing wrong is ever told.
 */
#include "cpio.h"
#include "ramfs.h"

#include "lib/damage.h"
#include "lib/file_service.h"
#include "lib/filesystem_service.h"
#include "lib/health.h"
#include "lib/log.h"
#include "lib/service.h"
#include "lib/string.h"

#define LAYOUT 0x72616d6673000002 /* changes with any structure in the state */
#define PATH_TOLD 100 /* bytes of the path of an entry that is damaged */
#define OPEN_FILES 4096

static struct tsm tsm;
static struct ramfs ramfs;
static struct filesystem_server server;
static struct leases leases;
static struct shares shares;
static struct damages damages; /* in the state */

/* Nothing can be served, and clients are told so. */
_Noreturn static void refuse(const char *why)
{
	leases_begin(&leases, NULL);
	file_service_refuse(why);
}

static void request_handle(void *context, uint32_t worker, struct file_exchange *exchange)
{
	(void)worker;
	filesystem_handle(context, exchange);
}

static struct tsm_options layout_of(const struct start_grant *state)
{
	return (struct tsm_options){.layout = LAYOUT, .undo_cells = ramfs_undo_cells(state->bytes), .marks = FILESYSTEM_MARKS, .damaged = damage_note, .context = &damages, .alive = service_alive};
}

/* Opens the state; false when it cannot be used. */
static bool state_open(const struct start_grant *state)
{
	const struct tsm_options options = layout_of(state);
	enum tsm_result result = tsm_open(&tsm, (void *)state->address, state->bytes, &options);

	return result == TSM_BLANK || result == TSM_READY || result == TSM_DAMAGED;
}

/* Splits what is damaged into the server's part of the state, which is made good here, and the filesystem's. Returns how many ranges are the filesystem's. */
static uint32_t damages_split(size_t own, struct ramfs_damage *of_filesystem)
{
	unsigned char *data = tsm_data(&tsm);
	uint32_t count = 0;

	for (uint32_t i = 0; i < damages.count; i++) {
		uint64_t first = damages.range[i].offset, end = first + damages.range[i].bytes, middle = end < own ? end : first > own ? first : own;

		if (first < middle)
			filesystem_salvage(&server, first, middle - first);
		if (middle < end)
			of_filesystem[count++] = (struct ramfs_damage){data + middle, end - middle};
	}
	return count;
}

/* The filesystem in the state behind the server's part. False when it cannot be served. */
static bool filesystem_begin(size_t own, bool *fresh)
{
	struct ramfs_damage of_filesystem[DAMAGES_MOST];
	unsigned char *area = (unsigned char *)tsm_data(&tsm) + own;
	uint32_t count;

	if (damages.count > DAMAGES_MOST)
		return false;
	count = damages_split(own, of_filesystem);
	if (!ramfs_opens(area, of_filesystem, count) || ramfs_open(&ramfs, &tsm, area, tsm_bytes(&tsm) - own, fresh) != 0)
		return false;
	if (count && ramfs_salvage(&ramfs, of_filesystem, count) < 0)
		return false;
	if (ramfs_damaged_files(&ramfs)) {
		log_print("%u files have lost something and answer EIO\n", (uint64_t)ramfs_damaged_files(&ramfs));
		health_degraded("%u files have lost something and answer EIO", (uint64_t)ramfs_damaged_files(&ramfs));
	}
	return true;
}

/* Makes the state blank: nobody has been served from it yet. */
static bool state_clear(const struct start_grant *state, size_t own, bool *fresh)
{
	const struct tsm_options options = layout_of(state);

	if (tsm_format(&tsm, (void *)state->address, state->bytes, &options) != TSM_BLANK)
		return false;
	return ramfs_open(&ramfs, &tsm, (unsigned char *)tsm_data(&tsm) + own, tsm_bytes(&tsm) - own, fresh) == 0;
}

/* Fills an empty filesystem from the archive. What an instance that was killed has left half filled is cleared first. */
static bool root_fill(const struct filesystem *filesystem)
{
	const struct start_grant *archive = start_find("root");
	char path[PATH_TOLD + 1] = {0};
	struct cpio_result result = archive ? cpio_check((const void *)archive->address, archive->bytes) : (struct cpio_result){CPIO_OK, 0, {NULL, 0}};

	if (archive && result.error == CPIO_OK)
		result = cpio_unpack(filesystem, (const void *)archive->address, archive->bytes, service_alive);
	if (result.error != CPIO_OK) {
		memcpy(path, result.path.text, result.path.bytes < PATH_TOLD ? result.path.bytes : PATH_TOLD);
		log_print("root archive: entry %u: %s: %s\n", result.entry, cpio_error_text(result.error), path);
		return false;
	}
	ramfs_filled_set(&ramfs);
	return true;
}

/* The first contents, unless an instance before has put them there. */
static bool root_begin(const struct filesystem *filesystem, const struct start_grant *state, size_t own, bool fresh)
{
	if (ramfs_filled(&ramfs))
		return true;
	return (fresh || state_clear(state, own, &fresh)) && root_fill(filesystem);
}

/* What the instance before has left in shared pages is of its files: it goes with a state that is lost. */
static void shares_begin(bool fresh)
{
	uint32_t lost;

	server.options.shares = &shares;
	lost = fresh ? filesystem_abandon(&server) : filesystem_settle(&server);
	if (lost)
		log_print("%u shared pages could not be written back\n", (uint64_t)lost);
}

int main(void)
{
	const struct start_grant *state = start_find("state");
	const struct filesystem filesystem = {&ramfs_operations, &ramfs, &ramfs.clock, &ramfs.watch};
	const struct filesystem_options options = filesystem_service_options(OPEN_FILES, &leases);
	const struct file_service service = {.handle = request_handle, .context = &server};
	size_t own = filesystem_state_bytes(OPEN_FILES);
	bool fresh;

	if (!state)
		return 1;
	filesystem_service_leases(&leases, (unsigned char *)state->address); /* clients see pages of the state */
	if (!state_open(state) || tsm_bytes(&tsm) < own)
		refuse("its state cannot be used");
	filesystem_open(&server, &filesystem, &tsm, tsm_data(&tsm), &options);
	file_service_now(NULL, &ramfs.clock.now);
	if (!filesystem_begin(own, &fresh))
		refuse("names or inodes are damaged");
	if (!root_begin(&filesystem, state, own, fresh))
		refuse("its root archive is damaged");
	if (filesystem_service_shares(&shares))
		shares_begin(fresh);
	filesystem_unpark(&server);
	leases_begin(&leases, ramfs_blank(&ramfs));
	file_service_run(&service);
	return 1;
}
