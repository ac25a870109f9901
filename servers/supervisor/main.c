/* SPDX-License-Identifier: MIT */
/*
 * The supervisor: policy for what happens when a service ends. It takes the faults of all services at its Endpoint, asks each for signs of life, has init end and start instances, and reports. It runs
 * above all services, so that one that spins cannot keep it from looking; init watches over it in turn. What it knows is either in the plan or asked from init: a new instance of it needs no memory of
 * the old one.
 */
#include "control.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/service.h"
#include "message.h"
#include "wards.h"

/* Nobody has anything to ask of it. */
static void call_refuse(struct request *request)
{
	request->status = ERR_METHOD;
	request->words = 0;
}

int main(void)
{
	struct request request;
	uint64_t next = 0;
	enum error error;

	control_open();
	wards_open();
	log_print("%u services are looked after\n", (uint64_t)wards_count() - 1);
	for (error = service_receive_until(&request, next); error == OK || error == ERR_TIMEOUT; error = service_reply_receive_until(&request, next)) {
		if (error == OK && !message_take(&request))
			call_refuse(&request);
		if (clock_now() >= next) {
			control_serve(~0ull);
			next = wards_round();
		}
	}
	log_print("cannot receive: error %u\n", (uint64_t)error);
	return 1;
}
