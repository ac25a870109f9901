/* SPDX-License-Identifier: MIT */
/* What the services of filesystems have in common (filesystem_service.h): from the start page to the options of lib/filesystem_server.h and lib/leases.h. */
#include "lib/filesystem_service.h"

#include "lib/file_service.h"
#include "lib/generations.h"
#include "lib/log.h"
#include "lib/service.h"

/* The badge of the one client that speaks the tree protocol; 0 when there is none. */
static uint64_t vfs_badge(void)
{
	const struct start_grant *vfs = start_find("buffer:vfs");

	return vfs ? vfs->argument : 0;
}

/* The Region SERVICE.generations, opened; a null pointer when there is none: then nothing is published. */
static struct generations *generations_begin(void)
{
	const struct start_grant *region = start_own("generations");

	if (!region || region->bytes < sizeof(struct generations))
		return NULL;
	generations_open((struct generations *)region->address);
	return (struct generations *)region->address;
}

struct filesystem_options filesystem_service_options(uint32_t open_files, struct leases *leases)
{
	return (struct filesystem_options){
		.open_files = open_files,
		.tree_badge = vfs_badge(),
		.instance = start_page->instance,
		.blame = start_page->ended == ENDED_FAULT || start_page->ended == ENDED_HANG,
		.buffer = file_service_buffer,
		.now = file_service_now,
		.leases = leases,
		.generations = generations_begin(),
	};
}

void filesystem_service_leases(struct leases *leases, unsigned char *memory)
{
	const struct lease_options options = {
		.memory = memory,
		.instance = start_page->instance,
		.show = file_service_show,
		.hide = file_service_hide,
		.buffer = file_service_buffer,
	};

	leases_open(leases, &options);
}

bool filesystem_service_shares(struct shares *shares)
{
	const struct start_grant *grant = start_own("shared");
	const struct share_options options = {
		.memory = grant ? (unsigned char *)grant->address : NULL,
		.pages = grant ? (uint32_t)(grant->bytes / SHARE_PAGE) : 0,
		.instance = start_page->instance,
		.show = file_service_share,
		.protect = file_service_protect,
		.hide = file_service_unshare,
	};
	uint32_t damaged = grant ? shares_open(shares, &options) : 0;

	if (damaged)
		log_print("%u shared pages are damaged: what was stored there and not written back is lost\n", (uint64_t)damaged);
	return grant;
}
