/* SPDX-License-Identifier: MIT */
/* Reset and negotiation of a virtio device (drivers/virtio/core/device.h), in the order of VIRTIO 1.2, 3.1.1. */
#include "drivers/virtio/core/device.h"

#include "lib/string.h"

/* Device status, VIRTIO 1.2, 2.1. */
#define STATUS_ACKNOWLEDGE 0x01
#define STATUS_DRIVER 0x02
#define STATUS_DRIVER_OK 0x04
#define STATUS_FEATURES_OK 0x08
#define STATUS_NEEDS_RESET 0x40
#define STATUS_GONE 0xff /* what reads of a device that is not there give */

#define RESET_READS 100000     /* a read of a register takes some 100 ns at least: this is 10 ms or more */
#define CONFIGURATION_READS 16 /* a configuration that changes more often than this while it is read is nonsense */

static uint8_t status_read(const struct virtio_device *device)
{
	return device->transport->status_read(device->context);
}

static void status_write(const struct virtio_device *device, uint8_t status)
{
	device->transport->status_write(device->context, status);
}

static enum virtio_fault device_fail(struct virtio_device *device, enum virtio_fault fault)
{
	if (device->fault == VIRTIO_SOUND)
		device->fault = fault;
	return device->fault;
}

enum virtio_fault virtio_device_reset(struct virtio_device *device)
{
	device->fault = VIRTIO_SOUND;
	device->runs = false;
	if (status_read(device) == STATUS_GONE)
		return device_fail(device, VIRTIO_GONE);
	status_write(device, 0);
	for (unsigned i = 0; i < RESET_READS; i++) {
		uint8_t status = status_read(device);

		if (status == 0)
			return VIRTIO_SOUND;
		if (status == STATUS_GONE)
			return device_fail(device, VIRTIO_GONE);
	}
	return device_fail(device, VIRTIO_RESET_HANGS);
}

enum virtio_fault virtio_device_check(struct virtio_device *device)
{
	uint8_t status = status_read(device);

	if (status == STATUS_GONE)
		return device_fail(device, VIRTIO_GONE);
	if (status & STATUS_NEEDS_RESET)
		return device_fail(device, VIRTIO_NEEDS_RESET);
	if (device->runs && !(status & STATUS_DRIVER_OK))
		return device_fail(device, VIRTIO_FORGOT);
	return device->fault;
}

enum virtio_fault virtio_device_begin(struct virtio_device *device, const struct virtio_transport *transport, void *context, uint64_t wanted,
				      uint64_t needed)
{
	uint64_t offered;

	*device = (struct virtio_device){.transport = transport, .context = context};
	if (virtio_device_reset(device) != VIRTIO_SOUND)
		return device->fault;
	status_write(device, STATUS_ACKNOWLEDGE);
	status_write(device, STATUS_ACKNOWLEDGE | STATUS_DRIVER);
	needed |= VIRTIO_F_VERSION_1;
	offered = transport->features_read(context);
	if (needed & ~offered)
		return device_fail(device, VIRTIO_LACKS_FEATURE);
	device->features = offered & (wanted | needed);
	transport->features_write(context, device->features);
	status_write(device, STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_FEATURES_OK);
	if (virtio_device_check(device) != VIRTIO_SOUND)
		return device->fault;
	return status_read(device) & STATUS_FEATURES_OK ? VIRTIO_SOUND : device_fail(device, VIRTIO_REFUSES_FEATURES);
}

enum virtio_fault virtio_device_queue(struct virtio_device *device, unsigned index, struct virtio_queue *queue, void *memory, paddr_t physical, uint16_t size,
				      uint16_t interrupt)
{
	uint16_t most = device->transport->queue_size(device->context, index);

	if (most == 0 || (most & (most - 1)))
		return device_fail(device, VIRTIO_BAD_QUEUE);
	virtio_queue_open(queue, memory, physical, most < size ? most : size);
	return device_fail(device, device->transport->queue_enable(device->context, index, queue, interrupt));
}

enum virtio_fault virtio_device_run(struct virtio_device *device)
{
	if (device->fault == VIRTIO_SOUND) {
		status_write(device, STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_FEATURES_OK | STATUS_DRIVER_OK);
		device->runs = true;
	}
	return virtio_device_check(device);
}

enum virtio_fault virtio_device_configuration(struct virtio_device *device, uint32_t offset, void *values, uint32_t bytes, unsigned width)
{
	const struct virtio_transport *transport = device->transport;

	for (unsigned i = 0; i < CONFIGURATION_READS; i++) {
		uint8_t before = transport->configuration_generation(device->context);
		uint32_t value = 0;

		for (uint32_t at = 0; at < bytes; at += width) {
			if (!transport->configuration_read(device->context, offset + at, width, &value))
				return device_fail(device, VIRTIO_BAD_CONFIGURATION);
			memcpy((char *)values + at, &value, width);
		}
		if (transport->configuration_generation(device->context) == before)
			return VIRTIO_SOUND;
	}
	return device_fail(device, VIRTIO_BAD_CONFIGURATION);
}
