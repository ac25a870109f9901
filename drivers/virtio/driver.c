/* SPDX-License-Identifier: MIT */
/* The life of a driver without requests in flight. See driver.h. */
#include "drivers/virtio/driver.h"

#include "abi/errno.h"
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

static void work(struct virtio_driver *driver, bool interrupted)
{
	bool moved = false;
	enum virtio_fault fault = driver->works ? driver->work(driver, &moved) : VIRTIO_SOUND;

	if (driver->works && !fault && interrupted && !moved)
		fault = virtio_device_check(driver->device);
	if (moved)
		driver->faults = 0;
	if (fault)
		device_recover(driver, fault);
	driver->tell(driver);
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
	while (error == OK) {
		bool interrupted = driver->works && request.kind == MESSAGE_NOTIFICATION && request.data[0] & driver->claim.irq_bits;

		if (interrupted)
			virtio_claim_acknowledge(&driver->claim);
		if (request.kind == MESSAGE_CALL)
			driver->serve(driver, &request);
		work(driver, interrupted);
		error = service_reply_receive(&request);
	}
	return 1;
}
