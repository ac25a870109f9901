/* SPDX-License-Identifier: MIT */
/*
 * The protocol between a driver of a byte device (serial, virtio-console) and the one session that has its port as a terminal: two rings (lib/ring.h) of single bytes in the session's BUFFER, one for each direction, and a Notification each way. What
 * services write to their logs is printed by serial between the session's lines. A new instance of the driver goes on where the indexes of the rings are: it may lose or repeat at most what the device held.
 *
 * When the device is gone, or given up, the session is signalled and finds that said in its buffer: nothing will be received any more, and nothing that it pushes is sent. It still has the port, and may detach.
 */
#pragma once

#include "abi/types.h"

enum serial_request {
#define REQUEST(name, number, in, out, sentence) SERIAL_##name = (number),
#include "abi/protocols/serial.def"
#undef REQUEST
};

#define SERIAL_OUTPUT_OFFSET 0x0000 /* struct ring_shared: the client produces, serial sends */
#define SERIAL_GONE_OFFSET 0x0fc0   /* uint32_t, written by the driver: not zero while there is no device */
#define SERIAL_INPUT_OFFSET 0x1000  /* struct ring_shared: serial produces what it received; when it is full, serial drops more, and virtio-console waits */
#define SERIAL_RING_BYTES 2048      /* capacity of each */
#define SERIAL_BUFFER_BYTES 0x2000

/* The client's side: whether the device is gone. */
static inline bool serial_is_gone(const char *buffer)
{
	return __atomic_load_n((const uint32_t *)(buffer + SERIAL_GONE_OFFSET), __ATOMIC_ACQUIRE) != 0;
}
