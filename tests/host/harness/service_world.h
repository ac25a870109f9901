/* SPDX-License-Identifier: MIT */
/*
 * The world of a service on the host: a start page, a kernel that delivers the requests that a fuzzer's input makes up (requests.h), and clients that rewrite their buffers before a request and between any two looks that the service takes at them.
 *
 * The service is whole, with its main.c, lib/service and lib/start; what is made up are its kernel calls (service/lib/call.h). It runs in main() until the input ends. At any kernel call it can die; then its variables are as at its beginning, the
 * memory that is its instance's is clear, and main() runs again.
 *
 * Judged is each answer, by the form that the protocol prescribes and by the rights that the manifest gives; that no caller is answered twice or who does not wait; and that the service does not end unless it may. ASan and UBSan judge the rest, and the
 * target program what is left behind.
 *
 * A program of mk/host.mk has HOST_SERVICE_NAME := 1 and service_world_target(), which fills its struct service_world; libFuzzer's function is in service_world.c. One thread, one world.
 */
#pragma once

#pragma clang section data = "" bss = ""

#include "lib/service.h"
#include "tests/host/harness/requests.h"

#define WORLD_AREAS_MAX 32
#define WORLD_REPLIES_MAX 16

/* For clients of whom the manifest does not say `may WORD`, the answer to this request is -EPERM. The last one has no word. */
struct request_right {
	uint64_t label;
	const char *word;
};

/* Memory that the service was given. */
struct world_area {
	unsigned char *memory;
	size_t bytes;
	bool instance; /* clear for each instance; else for each input */
};

/* A Reply, and the request of the caller that it holds. */
struct world_reply {
	bool holds;
	struct file_exchange sent;
};

struct service_world {
	struct requester requester; /* the target fills in protocols, words and buffer_bytes */
	const struct request_right *rights;
	/*
	 * What a capability does that the target has granted: a method of a kernel object, a call of another service, or a signal (label 0). The message's words are in `data`, as are those of the answer afterwards. Never asked for the
	 * Endpoint and the Replies. A null pointer: every call answers ERR_CANCELLED.
	 */
	enum error (*capability)(handle_t target, uint64_t label, uint64_t data[MESSAGE_REGISTER_WORDS]);
	/* An answer that has the right form, with its request: complains of a wrong content. May be null. */
	void (*judge)(const struct file_exchange *sent, const struct file_exchange *answer);
	/* Whether a refusal by the status byte is right that is not for the form of the request. A null pointer: none is. */
	bool (*refuses)(const struct file_exchange *sent, enum error status);
	void (*event)(void);   /* something that happens around the service, drawn from the input; may be null */
	void (*begin)(void);   /* of an input: all memory is clear */
	void (*restart)(void); /* before each instance; may be null */
	void (*check)(void);   /* at the end of an input, and whenever the service has died: complains (requests.h) of what is not sound; may be null */

	uint64_t now;  /* ns, of the service's clock */
	uint64_t step; /* ns: the next look at it takes twice that, until the service makes a kernel call. Else who looks until a second is over would do that for too long */
	struct start_page *page;
	struct start_text *text; /* what it prints: dropped */
	struct world_area area[WORLD_AREAS_MAX];
	unsigned areas;
	struct world_reply reply[WORLD_REPLIES_MAX];
	uint64_t stores;     /* that the input has made in buffers so far */
	uint64_t calls_left; /* until it dies; 0: it does not */
	bool may_end;        /* set by the target while the service may end by itself; then the next instance begins */
	bool was_watched;    /* of the request whose answer is judged */
	bool watched;        /* between any two looks at its client's buffer something may be stored */
};

/* Begins the start page of a service with that many Replies: Endpoint, Replies, signs of life and a ring for its text. */
void service_world_make(struct service_world *world, const char *name, unsigned replies);

/* Adds a grant, which the caller completes. */
struct start_grant *service_world_grant(struct service_world *world, enum grant_kind kind, const char *name);

/* The same with whole pages of memory, between pages that nobody may touch. `instance`: they are clear for each instance. */
struct start_grant *service_world_memory(struct service_world *world, enum grant_kind kind, const char *name, size_t bytes, bool instance);

/* A client with that badge, which is signalled by the Notification behind that handle. */
void service_world_client(struct service_world *world, const char *name, uint64_t badge, handle_t signal);

/* The buffer that the service shares with who has that badge: its address. */
unsigned char *service_world_buffer(struct service_world *world, const char *name, uint64_t badge, size_t bytes);

/* The target program's, called once: its world, with all that an input does not say. */
struct service_world *service_world_target(void);

/* Whether the manifest says `may WORD` of that client. */
bool world_may(const struct service_world *world, uint64_t badge, const char *word);

/* For `capability`, when it is asked for what nobody granted. */
_Noreturn void service_world_stray(handle_t target, uint64_t label);

/* The first handle for a target's own grants; lower ones are the world's. */
#define WORLD_HANDLES 64
