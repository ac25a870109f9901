/* SPDX-License-Identifier: MIT */
/* Unit tests of the drivers of byte devices, console and entropy, against the simulated device. */
#include "drivers/virtio/console/port.h"
#include "drivers/virtio/rng/pool.h"
#include "tests/host/virtio/device.h"
#include "tests/host/virtio/tests.h"

#define MEMORY_AT 0x1000
#define TEXT_BYTES 20000

struct rig {
	struct device device;
	struct virtio_pci pci;
	struct port port;
	struct pool pool;
	unsigned char out[TEXT_BYTES], printed[TEXT_BYTES], typed[TEXT_BYTES], got[TEXT_BYTES];
	unsigned out_at, out_end, printed_at, typed_at, typed_end, got_at;
	bool deaf;          /* nobody takes what is typed */
	unsigned char next; /* entropy: a counter, so that every byte is known */
};

/* Console: chains to be written are typed into, the others are printed. */
static uint32_t console_serve(struct device *device, const struct chain *chain)
{
	struct rig *rig = device->context;
	uint32_t bytes = 0;

	assert_int_equal(chain->count, 1);
	for (uint32_t i = 0; i < chain->part[0].bytes; i++) {
		if (!chain->part[0].written)
			rig->printed[rig->printed_at++ % TEXT_BYTES] = chain->part[0].data[i];
		else if (rig->typed_at < rig->typed_end)
			chain->part[0].data[bytes++] = rig->typed[rig->typed_at++];
	}
	return bytes;
}

static uint32_t entropy_serve(struct device *device, const struct chain *chain)
{
	struct rig *rig = device->context;
	uint32_t bytes = 1 + rig->next % 100; /* it may give less than was asked for */

	for (uint32_t i = 0; i < bytes; i++)
		chain->part[0].data[i] = rig->next++;
	return bytes;
}

static bool byte_take(void *context, uint8_t *byte)
{
	struct rig *rig = context;

	if (rig->out_at == rig->out_end)
		return false;
	*byte = rig->out[rig->out_at++];
	return true;
}

static bool byte_give(void *context, uint8_t byte)
{
	struct rig *rig = context;

	if (rig->deaf)
		return false;
	rig->got[rig->got_at++ % TEXT_BYTES] = byte;
	return true;
}

static const struct port_operations operations = {.take = byte_take, .give = byte_give};

static struct rig *rig_make(uint16_t type, uint32_t (*serve)(struct device *, const struct chain *))
{
	struct rig *rig = calloc(1, sizeof(*rig));

	assert_non_null(rig);
	device_make(&rig->device, type, VIRTIO_F_VERSION_1 | 7);
	rig->device.serve = serve;
	rig->device.context = rig;
	assert_int_equal(virtio_pci_find(&rig->pci, &rig->device.pci, &device_access, &rig->device), VIRTIO_SOUND);
	rig->port = (struct port){.memory = arena_at(&rig->device, MEMORY_AT), .physical = ARENA_PHYSICAL + MEMORY_AT, .operations = &operations, .context = rig};
	return rig;
}

static void rig_free(struct rig *rig)
{
	device_free(&rig->device);
	free(rig);
}

static void console_moves_bytes_both_ways(void **state)
{
	struct rig *rig = rig_make(3, console_serve);

	(void)state;
	for (unsigned i = 0; i < 3000; i++) {
		rig->out[i] = (unsigned char)(i * 3);
		rig->typed[i] = (unsigned char)(i * 5);
	}
	rig->out_end = rig->typed_end = 3000;
	assert_int_equal(port_start(&rig->port, &virtio_pci_transport, &rig->pci, 0), VIRTIO_SOUND);
	assert_int_equal(rig->device.accepted, VIRTIO_F_VERSION_1); /* one port, no size, no emergency writes */
	for (unsigned i = 0; i < 100; i++) {
		assert_int_equal(port_work(&rig->port), VIRTIO_SOUND);
		if (rig->typed_at < rig->typed_end)
			device_serve(&rig->device, 0, 1 + i % 3, false);
		device_serve(&rig->device, 1, 1 + i % 4, false);
	}
	assert_int_equal(port_work(&rig->port), VIRTIO_SOUND);
	assert_int_equal(rig->printed_at, 3000);
	assert_memory_equal(rig->printed, rig->out, 3000);
	assert_int_equal(rig->got_at, 3000);
	assert_memory_equal(rig->got, rig->typed, 3000);
	rig_free(rig);
}

/* Who types more than anybody takes has to wait: the device gets no buffers back, and later everything comes, once and in order. */
static void console_waits_for_who_reads(void **state)
{
	struct rig *rig = rig_make(3, console_serve);

	(void)state;
	for (unsigned i = 0; i < TEXT_BYTES; i++)
		rig->typed[i] = (unsigned char)(i * 7 + i / 256);
	rig->typed_end = TEXT_BYTES;
	assert_int_equal(port_start(&rig->port, &virtio_pci_transport, &rig->pci, 0), VIRTIO_SOUND);
	for (unsigned i = 0; i < 400; i++) {
		rig->deaf = i % 3 != 0 || i < 50;
		assert_int_equal(port_work(&rig->port), VIRTIO_SOUND);
		if (rig->typed_at < rig->typed_end)
			device_serve(&rig->device, 0, 1, false);
		if (i == 49)
			assert_int_equal(rig->typed_at, PORT_BUFFERS * PORT_BUFFER_BYTES);
	}
	assert_int_equal(rig->got_at, TEXT_BYTES);
	assert_memory_equal(rig->got, rig->typed, TEXT_BYTES);
	rig_free(rig);
}

static void entropy_is_given_out_once(void **state)
{
	struct rig *rig = rig_make(4, entropy_serve);
	unsigned char counts[256] = {0}, byte;
	unsigned taken = 0;

	(void)state;
	assert_int_equal(pool_start(&rig->pool, &virtio_pci_transport, &rig->pci, rig->port.memory, rig->port.physical, 0), VIRTIO_SOUND);
	for (unsigned i = 0; i < 200; i++) {
		assert_int_equal(pool_work(&rig->pool), VIRTIO_SOUND);
		device_serve(&rig->device, 0, 1, false);
		for (unsigned n = i % 50; n && pool_take(&rig->pool, &byte, 1); n--, taken++)
			counts[byte]++;
		assert_true(rig->pool.count <= POOL_BYTES);
	}
	assert_true(taken > 2000);
	for (unsigned i = 0; i < 256; i++) /* a counter gives each value equally often; what did not fit was never given out */
		assert_in_range(counts[i], taken / 256 / 2, taken / 256 * 2 + 1);
	for (unsigned i = rig->pool.count; i < POOL_BYTES; i++)
		assert_int_equal(rig->pool.bytes[i], 0);
	rig_free(rig);
}

static void lies_are_faults_of_byte_devices(void **state)
{
	static const enum lie lies[] = {LIE_USED_INDEX, LIE_USED_BACK, LIE_ID_RANGE, LIE_LENGTH};

	(void)state;
	for (unsigned i = 0; i < sizeof(lies) / sizeof(lies[0]); i++)
		for (unsigned queue = 0; queue < 2; queue++) {
			struct rig *rig = rig_make(3, console_serve);

			rig->out_end = 10;
			assert_int_equal(port_start(&rig->port, &virtio_pci_transport, &rig->pci, 0), VIRTIO_SOUND);
			assert_int_equal(port_work(&rig->port), VIRTIO_SOUND);
			rig->device.lie = lies[i];
			assert_int_equal(device_serve(&rig->device, queue, 1, false), 1);
			assert_int_not_equal(port_work(&rig->port), VIRTIO_SOUND);
			rig->device.lie = LIE_NONE;
			rig->out_end = 20;
			assert_int_equal(port_start(&rig->port, &virtio_pci_transport, &rig->pci, 0), VIRTIO_SOUND);
			assert_int_equal(port_work(&rig->port), VIRTIO_SOUND);
			assert_int_equal(device_serve(&rig->device, 1, 1, false), 1);
			rig_free(rig);
		}
}

static const struct unit stream_units[] = {
	{cmocka_unit_test(console_moves_bytes_both_ways), "a console moves bytes both ways, in order and whole"},
	{cmocka_unit_test(console_waits_for_who_reads), "what nobody takes yet holds up who types, and nothing of it is lost"},
	{cmocka_unit_test(entropy_is_given_out_once), "a random byte is given out once and then cleared"},
	{cmocka_unit_test(lies_are_faults_of_byte_devices), "a console that lies is a fault that a reset ends"},
};

int stream_tests(void)
{
	return units_run(stream_units, sizeof(stream_units) / sizeof(stream_units[0]));
}
