/* SPDX-License-Identifier: MIT */
/* The life of a driver without requests in flight. See driver.h. */
#include "drivers/virtio/driver.h"

#include "abi/errno.h"
#include "lib/clock.h"
#include "lib/log.h"

static void device_start(struct virtio_driver *driver)
{
	enum virtio_fault fault = driver->start(driver);

	driver->works = fault == VIRTIO_SOUND;
	if (fault)
		log_print("%s\n", virtio_fault_sentence(fault));
}

static void device_recover(struct virtio_driver *driver, enum virtio_fault fault)
{
	log_print("%s\n", virtio_fault_sentence(fault));
	driver->works = ++driver->faults <= VIRTIO_FAULTS_MOST && virtio_claim_reset(&driver->claim) == 0;
	if (driver->works)
		device_start(driver);
	if (!driver->works)
		log_print("the device is given up\n");
}

/* Does what there is to do; `looks`: the device may have something to say by its status. */
static void work(struct virtio_driver *driver, bool looks)
{
	bool moved = false;
	enum virtio_fault fault = driver->works ? driver->work(driver, &moved) : VIRTIO_SOUND;

	if (driver->works && !fault && looks && !moved)
		fault = virtio_device_check(driver->device);
	if (moved)
		driver->faults = driver->looks = 0;
	else if (driver->works && !fault && driver->prompt && driver->looks >= VIRTIO_LOOKS_MOST)
		fault = VIRTIO_SILENT;
	if (fault) {
		driver->looks = 0;
		device_recover(driver, fault);
	}
	driver->tell(driver);
}

/* Answers the last message and waits for the next; while somebody waits for the device no longer than until it is to be looked at: messages, however many, put that off no further. */
static enum error next(struct virtio_driver *driver, struct request *request)
{
	if (!driver->works || !driver->waits()) {
		driver->look_due = driver->looks = 0;
		return service_reply_receive(request);
	}
	if (!driver->look_due)
		driver->look_due = clock_now() + VIRTIO_LOOK_NS;
	return service_reply_receive_until(request, driver->look_due);
}

static bool look_take(struct virtio_driver *driver)
{
	bool due = driver->look_due && clock_now() >= driver->look_due;

	if (due) {
		driver->looks++;
		driver->look_due = 0;
	}
	return due;
}

int virtio_driver_run(struct virtio_driver *driver)
{
	struct request request = {.words = 0};
	int result = virtio_claim(&driver->claim, driver->type);
	enum error error = OK;

	if (result && result != -ENODEV)
		return 1; /* the next instance may be luckier */
	if (result == 0)
		device_start(driver);
	while (error == OK || error == ERR_TIMEOUT) {
		bool interrupted = error == OK && driver->works && request.kind == MESSAGE_NOTIFICATION && request.data[0] & driver->claim.irq_bits;

		if (interrupted)
			virtio_claim_acknowledge(&driver->claim);
		if (error == OK && request.kind == MESSAGE_CALL)
			driver->serve(driver, &request);
		work(driver, look_take(driver) || interrupted);
		error = next(driver, &request);
	}
	return 1;
}
