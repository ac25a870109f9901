/* SPDX-License-Identifier: MIT */
/* Device files: what the numbers of a device file lead to. */
#pragma once

#include "file/description.h"

static inline uint32_t device_major(uint64_t device)
{
	return (uint32_t)(device >> 8 & 0xfff);
}

static inline uint32_t device_minor(uint64_t device)
{
	return (uint32_t)((device & 0xff) | (device >> 12 & 0xffffff00));
}

static inline uint64_t device_make(uint32_t major, uint32_t minor)
{
	return (minor & 0xff) | (uint64_t)major << 8 | (uint64_t)(minor & 0xffffff00) << 12;
}

/* A kind of character devices: these minor numbers of this major number. */
struct device_kind {
	uint32_t major, minor_first, minor_last;

	/* Makes of a description, which has the device's number, mode and flags, an open device, by setting operations and data. 0 or a negative error number, with the description as it was. May wait. */
	int (*open)(struct task *task, struct description *description, uint32_t flags);
	struct device_kind *next;
};

/* Adds a kind; the structure stays the caller's. */
void device_register(struct device_kind *kind);

/* Makes of a description of a device file one of the device. 0; -ENXIO when there is none, or what the device says. On an error the description is as it was. May wait. */
int device_open(struct task *task, struct description *description, uint32_t flags);
