/* SPDX-License-Identifier: MIT */
/*
 * The plan: the system manifest, compiled to arrays by tools/manifest. init walks them and parses nothing.
 *
 * The boot package carries two blobs: PLAN_BLOB is this structure, followed by its tables in the order services, objects, grants, segments. IMAGE_BLOB holds the bytes of the services' programs
 * and the files of the manifest, each at a page; `image` offsets are in bytes from its start. Everything in the plan has been checked when it was made, and the package is measured into the
 * log: init trusts it as it trusts its own text.
 *
 * *Objects* outlive services: init makes each once, at boot. A *grant* gives a service something: a capability (a copy of an object's, with rights and badge, in a slot) or a mapping, or both, or
 * only a line in its start page. *Segments* are the service's program.
 */
#pragma once

#include "abi/start.h"

#define PLAN_MAGIC 0x4e414c504f5a4f4b /* "KOZOPLAN" */
#define PLAN_VERSION 4
#define PLAN_BLOB "plan"
#define IMAGE_BLOB "image"
#define PLAN_NONE UINT32_MAX
#define PLAN_SERVICES_MAX START_BADGE_MAX
#define PLAN_OBJECTS_MAX 1024

/* What init makes. `first` and `second` are by kind. */
enum plan_object_kind {
	PLAN_ENDPOINT = 1,
	PLAN_NOTIFICATION = 2,
	PLAN_REGION = 3,      /* first = bytes */
	PLAN_PORTS = 4,       /* first..second */
	PLAN_IRQ = 5,         /* first = line or IRQ_LINE_MSI, second = IRQ_* flags; bound to `notification` with `bit` */
	PLAN_FILE = 6,        /* part of the image: first = offset, second = bytes */
	PLAN_UNTYPED = 7,     /* first = bytes; 0: all that is left when everything else is made */
	PLAN_INIT = 8,        /* init's own Endpoint */
	PLAN_RING = 9,        /* these exist from boot */
	PLAN_LOG_CONTROL = 10,
	PLAN_CPU_CONTROL = 11,
	PLAN_INFORMATION = 12,
	PLAN_ITSELF = 13,     /* the plan */
	PLAN_DEVICES = 14,    /* all device memory: a Region for each window */
};

struct plan_object {
	char name[32];
	uint32_t kind;         /* enum plan_object_kind */
	uint32_t notification; /* PLAN_IRQ: object */
	uint64_t first, second;
	uint64_t bit; /* PLAN_IRQ: number of the bit */
};
_Static_assert(sizeof(struct plan_object) == 64, "tools/manifest writes what init reads");

#define PLAN_GRANT_LARGE 1 /* mapped by 2 MiB pages */
#define PLAN_GRANT_MOVED 2 /* the capability itself is lent: it cannot be copied, and init takes it back when the instance ends */

/*
 * One line of a service's start page and how it comes about. `slot`, `address`, `bytes`, `argument` go to the page as they are, but where only the running system knows the value (physical addresses,
 * MSI messages). Grants of kinds that every instance has of its own (REPLY, HEAP, THREAD, CNODE, VSPACE) name no object.
 */
struct plan_grant {
	char name[32];
	uint32_t kind;   /* enum grant_kind */
	uint32_t object; /* index, or PLAN_NONE */
	uint32_t rights; /* of the capability in `slot` */
	uint32_t slot;   /* 0: no capability */
	uint64_t badge;  /* minted with this; 0: none */
	uint64_t address; /* 0: not mapped */
	uint64_t bytes;
	uint32_t map_rights; /* MAP_* */
	uint32_t flags;      /* PLAN_GRANT_* */
	uint64_t argument;
};
_Static_assert(sizeof(struct plan_grant) == 88, "tools/manifest writes what init reads");

/* A piece of a program. Writable ones are made anew for each instance: `file_bytes` from the image, the rest clear. The others are mapped from the image itself. */
struct plan_segment {
	uint64_t address; /* page-aligned */
	uint64_t image;   /* offset, page-aligned */
	uint64_t file_bytes;
	uint64_t bytes; /* in memory, a multiple of the page size */
	uint64_t rights; /* MAP_* */
};
_Static_assert(sizeof(struct plan_segment) == 40, "tools/manifest writes what init reads");

#define PLAN_SERVICE_SUPERVISOR 1 /* the one that restarts the others */
#define PLAN_SERVICE_LOG 2        /* drains the commit ring */
#define PLAN_SERVICE_ONCE 4       /* `restart never`: when it ends, it stays ended */

struct plan_service {
	char name[16];
	uint32_t flags; /* PLAN_SERVICE_* */
	uint32_t priority;
	uint64_t entry;
	uint32_t first_grant, grant_count;
	uint32_t first_segment, segment_count;
	uint32_t endpoint, notification; /* objects */
	uint32_t fault_endpoint;         /* object: where its faults go, with its badge */
	uint32_t table_pages;            /* table memory of its address space */
	uint64_t private_bytes;          /* all writable segments together */
	uint64_t heap_bytes;
	uint64_t untyped_bytes; /* each of its two process Untypeds */
	uint64_t heartbeat;     /* ns of its own CPU time within which it must answer; 0: not asked */
	uint64_t cnode_bits;    /* its CNode has 2^cnode_bits slots */
};
_Static_assert(sizeof(struct plan_service) == 104, "tools/manifest writes what init reads");

struct plan {
	uint64_t magic;
	uint32_t version;
	uint32_t service_count, object_count, grant_count, segment_count;
	uint32_t supervisor; /* index of the service, or PLAN_NONE */
	uint32_t log_spill;  /* object: the Region in which init leaves commit records while the log service is down (abi/log.h), or PLAN_NONE */
	uint32_t reserved;
	uint64_t bytes;      /* of the whole plan */
	uint64_t image_bytes;
};
_Static_assert(sizeof(struct plan) == 56, "tools/manifest writes what init reads");

/* The tables. */
static inline const struct plan_service *plan_services(const struct plan *plan)
{
	return (const struct plan_service *)(plan + 1);
}

static inline const struct plan_object *plan_objects(const struct plan *plan)
{
	return (const struct plan_object *)(plan_services(plan) + plan->service_count);
}

static inline const struct plan_grant *plan_grants(const struct plan *plan)
{
	return (const struct plan_grant *)(plan_objects(plan) + plan->object_count);
}

static inline const struct plan_segment *plan_segments(const struct plan *plan)
{
	return (const struct plan_segment *)(plan_grants(plan) + plan->grant_count);
}
