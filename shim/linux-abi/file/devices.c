/* SPDX-License-Identifier: MIT */
/* The device files of a devtmpfs (file/devices.h), with the numbers that Linux has for them (Documentation/admin-guide/devices.txt). */
#include "file/devices.h"

#include "file/device.h"
#include "lib/path.h"

static const struct asker shim = {.capabilities = UINT32_MAX};

static const struct {
	const char *name;
	uint32_t permissions, major, minor;
} devices[] = {
	{"null", 0666, 1, 3},
	{"zero", 0666, 1, 5},
	{"full", 0666, 1, 7},
	{"random", 0666, 1, 8},
	{"urandom", 0666, 1, 9},
	{"tty", 0666, 5, 0},
	{"console", 0600, 5, 1},
	{"ptmx", 0666, 5, 2},
	{"ttyS0", 0620, 4, 64},
};

static const struct {
	const char *name, *target;
} links[] = {
	{"fd", "/proc/self/fd"},
	{"stdin", "/proc/self/fd/0"},
	{"stdout", "/proc/self/fd/1"},
	{"stderr", "/proc/self/fd/2"},
};

static const char *const directories[] = {"pts", "shm"};

static struct path path_of(int directory, const char *name)
{
	return (struct path){.asker = &shim, .start = directory, .root = PATH_ROOT, .text = name};
}

int devices_make(int directory)
{
	int error = 0;

	for (size_t i = 0; !error && i < sizeof(devices) / sizeof(devices[0]); i++) {
		struct path path = path_of(directory, devices[i].name);

		error = path_make_node_at(&path, MODE_CHARACTER | devices[i].permissions, device_make(devices[i].major, devices[i].minor));
	}
	for (size_t i = 0; !error && i < sizeof(links) / sizeof(links[0]); i++) {
		struct path path = path_of(directory, links[i].name);

		error = path_make_link_at(&path, links[i].target);
	}
	for (size_t i = 0; !error && i < sizeof(directories) / sizeof(directories[0]); i++) {
		struct path path = path_of(directory, directories[i]);

		error = path_make_directory_at(&path, 0755);
	}
	return error;
}
