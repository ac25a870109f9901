/* SPDX-License-Identifier: MIT */
/*
 * The protocol between tools/kozo-run on the host and the personality in the guest, over a byte device (drivers/virtio/console) that may lose and repeat bytes when its driver ends. lib/run_link.h is the guest's side.
 *
 * Each side sends frames: this header, then the payload. Frames are numbered from 0, acknowledged, and sent again from the first one that is not acknowledged in time; what does not come next is dropped. So nothing is lost and nothing comes
 * twice. Streams are paced by credit: a stream whose reader is slow holds up no other.
 *
 *	guest: HELLO    host: START stream, its END    both: streams    guest: END of OUTPUT and ERROR, EXIT or FAILED
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum run_number {
#define RUN_NUMBER(name, value, sentence) RUN_##name = (value),
#define RUN_KIND(name, number, sentence)
#define RUN_STREAM(name, number, credit, sentence)
#define RUN_KEY(name, key, sentence)
#include "abi/protocols/run.def"
#undef RUN_NUMBER
#undef RUN_KIND
};

enum run_kind {
#define RUN_NUMBER(name, value, sentence)
#define RUN_KIND(name, number, sentence) RUN_##name = (number),
#include "abi/protocols/run.def"
#undef RUN_KIND
#undef RUN_STREAM
};

enum run_stream {
#define RUN_KIND(name, number, sentence)
#define RUN_STREAM(name, number, credit, sentence) RUN_STREAM_##name = (number),
#include "abi/protocols/run.def"
#undef RUN_STREAM
#undef RUN_KEY
	RUN_STREAMS,
};

/* Keys of the START stream, as texts. */
#define RUN_STREAM(name, number, credit, sentence)
#define RUN_KEY(name, key, sentence) static const char run_key_##name[] __attribute__((unused)) = key;
#include "abi/protocols/run.def"
#undef RUN_NUMBER
#undef RUN_KIND
#undef RUN_STREAM
#undef RUN_KEY

struct run_frame {
	uint32_t magic;
	uint32_t check; /* CRC-32 (lib/crc32.h) of all bytes behind this field, payload included */
	uint32_t number;
	uint16_t bytes; /* of the payload */
	uint8_t kind;
	uint8_t stream; /* 0 where it means nothing */
};

_Static_assert(sizeof(struct run_frame) == 16 && offsetof(struct run_frame, number) == 8, "tools/kozo-run packs it in the same way");
#define RUN_FRAME_MOST (sizeof(struct run_frame) + RUN_PAYLOAD_MOST)
