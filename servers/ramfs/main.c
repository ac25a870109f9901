/* SPDX-License-Identifier: MIT */
/*
 * ramfs: the service. Its whole filesystem, the open files of its clients and their last results lie in its state Region, so a new instance goes on where the last commit of the one before left off. The first instance fills it
 * from the boot package's cpio archive, if it was given one as "root".
 */
#include "cpio.h"
#include "ramfs.h"

#include "lib/file_service.h"
#include "lib/log.h"
#include "lib/service.h"

#define LAYOUT 0x72616d6673000001 /* changes with any structure in the state */
#define OPEN_FILES 4096

static struct tsm tsm;
static struct ramfs ramfs;
static struct filesystem_server server;
static uint64_t damaged_bytes;

static void damage_note(void *context, uint64_t offset, uint64_t bytes)
{
	(void)context;
	log_print("state: %u bytes at offset %u are damaged\n", bytes, offset);
	damaged_bytes += bytes;
}

static void request_handle(void *context, uint32_t worker, struct file_exchange *exchange)
{
	(void)worker;
	filesystem_handle(context, exchange);
}

static struct tsm_options layout_of(const struct start_grant *state)
{
	return (struct tsm_options){.layout = LAYOUT, .undo_cells = ramfs_undo_cells(state->bytes), .marks = FILESYSTEM_MARKS, .damaged = damage_note};
}

/* Opens the state; false when it cannot be used. */
static bool state_open(const struct start_grant *state)
{
	const struct tsm_options options = layout_of(state);
	enum tsm_result result = tsm_open(&tsm, (void *)state->address, state->bytes, &options);

	if (result == TSM_BLANK || result == TSM_READY)
		return true;
	log_print("the state cannot be used (%u), %u bytes of it are damaged\n", (uint64_t)result, damaged_bytes);
	return false;
}

/* Makes the state blank: nobody has been served from it yet. */
static bool state_clear(const struct start_grant *state, size_t own, bool *fresh)
{
	const struct tsm_options options = layout_of(state);

	if (tsm_format(&tsm, (void *)state->address, state->bytes, &options) != TSM_BLANK)
		return false;
	return ramfs_open(&ramfs, &tsm, (unsigned char *)tsm_data(&tsm) + own, tsm_bytes(&tsm) - own, fresh) == 0;
}

/* The badge of the one client that speaks the tree protocol; 0 when there is none. */
static uint64_t vfs_badge(void)
{
	const struct start_grant *vfs = start_find("buffer:vfs");

	return vfs ? vfs->argument : 0;
}

/* Fills an empty filesystem from the archive. What an instance that was killed has left half filled is cleared first. */
static bool root_fill(const struct filesystem *filesystem)
{
	const struct start_grant *archive = start_find("root");
	struct cpio_result result = archive ? cpio_check((const void *)archive->address, archive->bytes) : (struct cpio_result){CPIO_OK, 0, {NULL, 0}};

	if (archive && result.error == CPIO_OK)
		result = cpio_unpack(filesystem, (const void *)archive->address, archive->bytes, service_alive);
	if (result.error != CPIO_OK) {
		log_print("root archive: entry %u: %s: ", result.entry, cpio_error_text(result.error));
		log_write(result.path.text, result.path.bytes < 100 ? result.path.bytes : 100);
		log_print("\n");
		return false;
	}
	ramfs_filled_set(&ramfs);
	return true;
}

int main(void)
{
	const struct start_grant *state = start_find("state");
	const struct filesystem filesystem = {&ramfs_operations, &ramfs, &ramfs.clock};
	const struct filesystem_options options = {
		.open_files = OPEN_FILES,
		.tree_badge = vfs_badge(),
		.instance = start_page->instance,
		.blame = start_page->ended == ENDED_FAULT || start_page->ended == ENDED_HANG,
		.buffer = file_service_buffer,
		.now = file_service_now,
	};
	const struct file_service service = {.handle = request_handle, .context = &server};
	size_t own = filesystem_state_bytes(OPEN_FILES);
	bool fresh;

	if (!state || !state_open(state) || tsm_bytes(&tsm) < own)
		return 1;
	filesystem_open(&server, &filesystem, &tsm, tsm_data(&tsm), &options);
	file_service_now(NULL, &ramfs.clock.now);
	if (ramfs_open(&ramfs, &tsm, (unsigned char *)tsm_data(&tsm) + own, tsm_bytes(&tsm) - own, &fresh) != 0)
		return 1;
	if (!ramfs_filled(&ramfs)) {
		if (!fresh && !state_clear(state, own, &fresh))
			return 1;
		if (!root_fill(&filesystem))
			return 1;
	}
	file_service_run(&service);
	return 1;
}
