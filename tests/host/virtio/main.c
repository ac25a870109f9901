/* SPDX-License-Identifier: MIT */
/* Unit tests of the virtio core and of its transport over PCI, against a simulated device that is honest or lies. Run under ASan and UBSan. */
#include "tests/host/virtio/device.h"
#include "tests/host/virtio/tests.h"

#define QUEUE_AT 0x1000 /* in the arena */
#define DATA_AT 0x10000
#define FEATURES (VIRTIO_F_VERSION_1 | 0x5)

struct bench {
	struct device simulated;
	struct virtio_pci pci;
	struct virtio_device device;
	struct virtio_queue queue;
};

/* Adds 1 to each byte it reads, into what it may write. */
static uint32_t serve_increment(struct device *device, const struct chain *chain)
{
	const struct chain_part *from = &chain->part[0], *to = &chain->part[chain->count - 1];
	uint32_t bytes = 0;

	(void)device;
	while (to->written && !from->written && bytes < from->bytes && bytes < to->bytes) {
		to->data[bytes] = (unsigned char)(from->data[bytes] + 1);
		bytes++;
	}
	return bytes;
}

static enum virtio_fault bench_begin(struct bench *bench)
{
	enum virtio_fault fault = virtio_pci_find(&bench->pci, &bench->simulated.pci, &device_access, &bench->simulated);

	if (fault == VIRTIO_SOUND)
		fault = virtio_device_begin(&bench->device, &virtio_pci_transport, &bench->pci, 0x4, 0x1);
	if (fault == VIRTIO_SOUND)
		fault = virtio_device_queue(&bench->device, 0, &bench->queue, arena_at(&bench->simulated, QUEUE_AT), ARENA_PHYSICAL + QUEUE_AT, 16, 1);
	if (fault == VIRTIO_SOUND)
		fault = virtio_device_run(&bench->device);
	return fault;
}

static struct bench *bench_make(void)
{
	struct bench *bench = calloc(1, sizeof(*bench));

	assert_non_null(bench);
	device_make(&bench->simulated, 4, FEATURES);
	bench->simulated.serve = serve_increment;
	return bench;
}

static struct bench *bench_running(void)
{
	struct bench *bench = bench_make();

	assert_int_equal(bench_begin(bench), VIRTIO_SOUND);
	return bench;
}

static void bench_free(struct bench *bench)
{
	device_free(&bench->simulated);
	free(bench);
}

/* A chain of one byte to read and `bytes` to write. */
static bool chain_add(struct bench *bench, uint64_t token, uint32_t bytes)
{
	uint64_t at = DATA_AT + token * 0x100;
	struct virtio_segment segment[] = {{ARENA_PHYSICAL + at, bytes, false}, {ARENA_PHYSICAL + at + 0x80, bytes, true}};

	memset(arena_at(&bench->simulated, at), (int)token, bytes);
	return virtio_queue_add(&bench->queue, segment, 2, token);
}

static void features_are_negotiated_by_what_is_known(void **state)
{
	struct bench *bench = bench_make();

	(void)state;
	bench->simulated.offered = VIRTIO_F_VERSION_1 | 0xf05;
	assert_int_equal(bench_begin(bench), VIRTIO_SOUND);
	assert_int_equal(bench->device.features, VIRTIO_F_VERSION_1 | 0x5);
	assert_int_equal(bench->simulated.accepted, VIRTIO_F_VERSION_1 | 0x5);
	assert_int_equal(bench->simulated.status, 0x0f);
	assert_int_equal(bench->simulated.queue[0].size, 16);
	assert_int_equal(bench->simulated.queue[0].interrupt, 1);
	bench_free(bench);
}

static void devices_that_cannot_be_used_are_refused(void **state)
{
	static const struct {
		enum lie lie;
		enum virtio_fault fault;
	} cases[] = {
		{LIE_GONE, VIRTIO_GONE}, {LIE_RESET_HANGS, VIRTIO_RESET_HANGS}, {LIE_REFUSES, VIRTIO_REFUSES_FEATURES}, {LIE_LEGACY, VIRTIO_LACKS_FEATURE},
		{LIE_NO_QUEUE, VIRTIO_BAD_QUEUE}, {LIE_ODD_QUEUE, VIRTIO_BAD_QUEUE}, {LIE_NOTIFY_FAR, VIRTIO_BAD_QUEUE}, {LIE_NO_VECTOR, VIRTIO_BAD_QUEUE},
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bench *bench = bench_make();

		bench->simulated.status = 7; /* in use before */
		bench->simulated.lie = cases[i].lie;
		assert_int_equal(bench_begin(bench), cases[i].fault);
		bench_free(bench);
	}
	for (unsigned bit = 0; bit < 2; bit++) {
		struct bench *bench = bench_make();

		bench->simulated.offered &= ~(bit ? VIRTIO_F_VERSION_1 : 1ull); /* each is needed */
		assert_int_equal(bench_begin(bench), VIRTIO_LACKS_FEATURE);
		bench_free(bench);
	}
}

static void chains_go_and_come_back(void **state)
{
	struct bench *bench = bench_running();
	uint64_t token;
	uint32_t written;

	(void)state;
	for (unsigned round = 0; round < 70000; round++) { /* the indexes wrap */
		unsigned count = 1 + round % 8;

		for (unsigned i = 0; i < count; i++)
			assert_true(chain_add(bench, i, 1 + i));
		if (count == 8)
			assert_false(chain_add(bench, 9, 1)); /* 16 descriptors are in use */
		assert_int_equal(virtio_queue_take(&bench->queue, &token, &written), VIRTIO_NONE);
		assert_true(virtio_queue_publish(&bench->queue));
		assert_false(virtio_queue_publish(&bench->queue));
		virtio_device_notify(&bench->device, 0);
		assert_int_equal(device_serve(&bench->simulated, 0, 100, round & 1), count);
		for (unsigned i = 0; i < count; i++) {
			assert_int_equal(virtio_queue_take(&bench->queue, &token, &written), VIRTIO_TAKEN);
			assert_int_equal(written, token + 1);
			assert_int_equal(*(unsigned char *)arena_at(&bench->simulated, DATA_AT + token * 0x100 + 0x80), (unsigned char)(token + 1));
		}
		assert_int_equal(virtio_queue_take(&bench->queue, &token, &written), VIRTIO_NONE);
		assert_int_equal(bench->queue.free_count, 16);
	}
	bench_free(bench);
}

static void notifications_are_left_out_on_demand(void **state)
{
	struct bench *bench = bench_make();

	(void)state;
	bench->simulated.no_notify = true;
	assert_int_equal(bench_begin(bench), VIRTIO_SOUND);
	assert_true(chain_add(bench, 1, 1));
	assert_false(virtio_queue_publish(&bench->queue));
	bench_free(bench);
}

static void lies_in_the_used_ring_are_faults(void **state)
{
	static const struct {
		enum lie lie;
		enum virtio_fault fault;
	} cases[] = {
		{LIE_USED_INDEX, VIRTIO_BAD_USED_INDEX}, {LIE_USED_BACK, VIRTIO_BAD_USED_INDEX}, {LIE_ID_RANGE, VIRTIO_BAD_ID},
		{LIE_ID_FREE, VIRTIO_BAD_ID}, {LIE_LENGTH, VIRTIO_BAD_LENGTH}, {LIE_TWICE, VIRTIO_BAD_USED_INDEX},
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bench *bench = bench_running();
		enum virtio_taken taken;
		uint64_t token;
		uint32_t written;

		assert_true(chain_add(bench, 1, 1));
		assert_true(virtio_queue_publish(&bench->queue));
		bench->simulated.lie = cases[i].lie;
		assert_int_equal(device_serve(&bench->simulated, 0, 1, false), 1);
		while ((taken = virtio_queue_take(&bench->queue, &token, &written)) == VIRTIO_TAKEN)
			;
		assert_int_equal(taken, VIRTIO_FAULT);
		assert_int_equal(bench->queue.fault, cases[i].fault);
		assert_false(chain_add(bench, 2, 1));
		assert_false(virtio_queue_publish(&bench->queue));
		assert_int_equal(virtio_queue_take(&bench->queue, &token, &written), VIRTIO_FAULT);
		/* A reset makes it usable again. */
		bench->simulated.lie = LIE_NONE;
		assert_int_equal(bench_begin(bench), VIRTIO_SOUND);
		assert_true(chain_add(bench, 2, 1));
		bench_free(bench);
	}
}

/* A completion of the same chain again while another one is out: the index is right, the id is not. */
static void chains_complete_once(void **state)
{
	struct bench *bench = bench_running();
	uint64_t token;
	uint32_t written;

	(void)state;
	assert_true(chain_add(bench, 1, 1));
	assert_true(chain_add(bench, 2, 1));
	assert_true(virtio_queue_publish(&bench->queue));
	bench->simulated.lie = LIE_TWICE;
	assert_int_equal(device_serve(&bench->simulated, 0, 1, false), 1);
	assert_int_equal(virtio_queue_take(&bench->queue, &token, &written), VIRTIO_TAKEN);
	assert_int_equal(virtio_queue_take(&bench->queue, &token, &written), VIRTIO_FAULT);
	assert_int_equal(bench->queue.fault, VIRTIO_BAD_ID);
	bench_free(bench);
}

static void status_tells_trouble(void **state)
{
	struct bench *bench = bench_running();

	(void)state;
	assert_int_equal(virtio_device_check(&bench->device), VIRTIO_SOUND);
	bench->simulated.lie = LIE_NEEDS_RESET;
	device_serve(&bench->simulated, 0, 1, false);
	assert_int_equal(virtio_device_check(&bench->device), VIRTIO_NEEDS_RESET);
	bench->simulated.lie = LIE_NONE;
	assert_int_equal(virtio_device_reset(&bench->device), VIRTIO_SOUND);
	assert_int_equal(virtio_device_check(&bench->device), VIRTIO_SOUND); /* it does not run, and need not say so */
	bench->simulated.lie = LIE_GONE;
	assert_int_equal(virtio_device_check(&bench->device), VIRTIO_GONE);
	bench_free(bench);
	bench = bench_running();
	bench->simulated.lie = LIE_FORGETS;
	assert_int_equal(virtio_device_check(&bench->device), VIRTIO_FORGOT);
	bench_free(bench);
}

static void configuration_is_of_one_moment(void **state)
{
	struct bench *bench = bench_running();
	uint64_t value = 0;

	(void)state;
	memcpy(bench->simulated.configuration + 8, "abcdefgh", 8);
	assert_int_equal(virtio_device_configuration(&bench->device, 8, &value, 8, 4), VIRTIO_SOUND);
	assert_memory_equal(&value, "abcdefgh", 8);
	assert_int_equal(virtio_device_configuration(&bench->device, DEVICE_CONFIGURATION_BYTES - 4, &value, 8, 4), VIRTIO_BAD_CONFIGURATION);
	assert_int_equal(virtio_device_reset(&bench->device), VIRTIO_SOUND);
	bench->simulated.lie = LIE_RESTLESS;
	assert_int_equal(virtio_device_configuration(&bench->device, 8, &value, 8, 4), VIRTIO_BAD_CONFIGURATION);
	bench_free(bench);
}

/* Each change makes the common or the notify window unusable. */
static void windows_must_lie_in_their_bar(void **state)
{
	static const struct {
		unsigned at;
		uint8_t value;
	} changes[] = {
		{0x00, 0},    /* another vendor */
		{0x03, 0},    /* another device */
		{0x06, 0},    /* no capabilities */
		{0x34, 0},    /* an empty list */
		{0x81, 0x50}, /* a circle */
		{0x34, 0xfc}, /* a list that begins at the end */
		{0x54, 6},    /* BAR 6 */
		{0x54, 1},    /* a BAR that we were not given */
		{0x5a, 1},    /* offset 0x10000 */
		{0x58, 1},    /* odd offset */
		{0x5c, 0x34}, /* shorter than the registers */
		{0x5f, 0xff}, /* length beyond 4 GiB - offset */
		{0x8c, 0},    /* no notification register */
		{0x89, 0x40}, /* notify window right behind the BAR */
	};
	struct virtio_pci pci;

	(void)state;
	for (unsigned i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		struct device device;

		device_make(&device, 4, FEATURES);
		assert_int_equal(virtio_pci_find(&pci, &device.pci, &device_access, &device), VIRTIO_SOUND);
		assert_int_equal(pci.type, 4);
		device.pci.configuration[changes[i].at] = changes[i].value;
		assert_int_equal(virtio_pci_find(&pci, &device.pci, &device_access, &device), VIRTIO_BAD_CAPABILITY);
		device_free(&device);
	}
}

static void transitional_devices_are_known_by_their_subsystem(void **state)
{
	struct virtio_pci pci;
	struct device device;

	(void)state;
	device_make(&device, 4, FEATURES);
	device.pci.configuration[2] = 0x05;
	device.pci.configuration[3] = 0x10;
	device.pci.configuration[0x2e] = 4;
	assert_int_equal(virtio_pci_find(&pci, &device.pci, &device_access, &device), VIRTIO_SOUND);
	assert_int_equal(pci.type, 4);
	device_free(&device);
}

static const struct unit core_units[] = {
	{cmocka_unit_test(features_are_negotiated_by_what_is_known), "features are agreed on by what the driver knows"},
	{cmocka_unit_test(devices_that_cannot_be_used_are_refused), "a device that hangs, refuses, lacks a feature or a queue, or is gone is refused with the reason"},
	{cmocka_unit_test(chains_go_and_come_back), "chains go to the device and come back in any order, while the indexes wrap"},
	{cmocka_unit_test(notifications_are_left_out_on_demand), "a device that wants no notifications gets none"},
	{cmocka_unit_test(lies_in_the_used_ring_are_faults), "a bad used index, id or length is a fault that only a reset ends"},
	{cmocka_unit_test(chains_complete_once), "a chain that is completed twice is a fault"},
	{cmocka_unit_test(status_tells_trouble), "a device that needs a reset, was reset by something else or is unplugged is noticed"},
	{cmocka_unit_test(configuration_is_of_one_moment), "configuration is read within its window and at one moment"},
	{cmocka_unit_test(windows_must_lie_in_their_bar), "capabilities that describe no registers are refused"},
	{cmocka_unit_test(transitional_devices_are_known_by_their_subsystem), "a transitional device is known by its subsystem"},
};

/* cmocka reports on standard error; the line that counts goes to standard output. */
int units_run(const struct unit *units, size_t count)
{
	int failed = 0;

	for (size_t i = 0; i < count; i++) {
		bool passed = _cmocka_run_group_tests(units[i].test.name, &units[i].test, 1, NULL, NULL) == 0;

		printf("%s virtio.%s %s\n", passed ? "ok" : "not ok", units[i].test.name, units[i].sentence);
		failed += !passed;
	}
	return failed;
}

int main(void)
{
	unsetenv("CMOCKA_MESSAGE_OUTPUT");
	cmocka_set_message_output(CM_OUTPUT_STDOUT);
	return units_run(core_units, sizeof(core_units) / sizeof(core_units[0])) + disk_tests() + stream_tests() != 0;
}
