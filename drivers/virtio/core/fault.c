/* SPDX-License-Identifier: MIT */
/* The sentences of the faults of a virtio device (drivers/virtio/core/fault.h). */
#include "drivers/virtio/core/fault.h"

const char *virtio_fault_sentence(enum virtio_fault fault)
{
	switch (fault) {
#define FAULT(name, number, sentence) \
	case name:                    \
		return sentence;
#include "drivers/virtio/core/faults.def"
#undef FAULT
	}
	return "a fault that the list does not have";
}
