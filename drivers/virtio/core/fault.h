/* SPDX-License-Identifier: MIT */
/* The faults of a virtio device as an enumeration, and their sentences. */
#pragma once

enum virtio_fault {
#define FAULT(name, number, sentence) name = (number),
#include "drivers/virtio/core/faults.def"
#undef FAULT
};

/* The sentence of a fault, without a full stop. */
const char *virtio_fault_sentence(enum virtio_fault fault);
