/* SPDX-License-Identifier: MIT */
/* Faults and signals, each to the part that it is for (message.h). */
#include "message.h"

#include "control.h"
#include "wards.h"

bool message_take(struct request *request)
{
	switch (request->kind) {
	case MESSAGE_FAULT:
		ward_fault((uint32_t)(request->badge - 1), request->data);
		request->label = RESUME_SUSPEND;
		request->words = 0;
		return true;
	case MESSAGE_NOTIFICATION:
		control_serve(request->data[0]);
		return true;
	default:
		return false;
	}
}
