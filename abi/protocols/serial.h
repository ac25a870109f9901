/* SPDX-License-Identifier: MIT */
/*
 * The protocol between a driver of a byte device (serial, virtio-console) and the one session that has its port as a terminal: two rings (lib/ring.h) of single bytes in the session's BUFFER, one for each direction, and a Notification each way. What
 * services write to their logs is printed by serial between the session's lines. A new instance of the driver goes on where the indexes of the rings are: it may lose or repeat at most what the device held.
 */
#pragma once

#include "abi/types.h"

enum serial_request {
#define REQUEST(name, number, in, out, sentence) SERIAL_##name = (number),
#include "abi/protocols/serial.def"
#undef REQUEST
};

#define SERIAL_OUTPUT_OFFSET 0x0000 /* struct ring_shared: the client produces, serial sends */
#define SERIAL_INPUT_OFFSET 0x1000  /* struct ring_shared: serial produces what it received; when it is full, serial drops more, and virtio-console waits */
#define SERIAL_RING_BYTES 2048      /* capacity of each */
#define SERIAL_BUFFER_BYTES 0x2000
