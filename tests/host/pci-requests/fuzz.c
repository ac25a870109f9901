/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer target: pci with the drivers that it serves, on a machine whose functions the input changes as it likes (machine.h), in the world of tests/host/harness/service_world.h.
 *
 * A function masters the bus only after a request that says so; who drives none is refused. As long as all functions are honest, CLAIM and RESET leave them with the BARs that they had, wherever pci died before, and with the messages of their driver.
 */
#include <string.h>

#include "abi/errno.h"
#include "abi/protocols/init.h"
#include "abi/protocols/pci.h"
#include "machine.h"
#include "tests/host/harness/service_memory.h"

#define INIT_SESSION WORLD_HANDLES
#define COMMAND 0x04
#define COMMAND_MASTER 0x4

static const struct request_shape pci_shapes[] = {
#define REQUEST(name, number, in, out, sentence) REQUEST_SHAPE(PCI, name, in, out)
#include "abi/protocols/pci.def"
#undef REQUEST
	{NULL, 0, 0, 0},
};

static struct service_world world;
static const struct pci_device *buffers[MACHINE_OWNERS + 1]; /* by badge; the last driver has none */

static enum error capability(handle_t target, uint64_t label, uint64_t data[MESSAGE_REGISTER_WORDS])
{
	enum error error = OK;

	if (target == INIT_SESSION && label == INIT_LEND)
		return machine_lend(data);
	if (!machine_method(target, label, data, &error) && !world_mapping_method(target, label, data, &error))
		service_world_stray(target, label);
	return error;
}

/* What an honest function is after CLAIM or RESET. */
static const char *taken_wrong(const struct file_exchange *sent, const struct fake *fake)
{
	const struct pci_device *device = buffers[sent->badge];

	if (!machine_bars_kept(fake))
		return "leaves the function with other BARs";
	if (sent->label != PCI_CLAIM)
		return NULL;
	if (!device)
		return "succeeds without a buffer for the answer";
	return world.stores || machine_messages_written(sent->badge, device->interrupts) ? NULL : "leaves other messages in the MSI-X table";
}

/* What is wrong with a success. */
static const char *success_wrong(const struct file_exchange *sent, const struct fake *fake)
{
	bool masters, wanted = sent->label == PCI_MASTER && sent->data[0] == 1;

	if (sent->badge == MACHINE_NOBODY)
		return "succeeds for who drives nothing";
	if (!fake)
		return machine_honest() ? "succeeds without a write" : NULL;
	masters = fake_get(fake, COMMAND, 2) & COMMAND_MASTER;
	if (masters != wanted)
		return "leaves the function with the wrong bit of bus mastering";
	if (machine_honest() && fake->resets == 0)
		return "succeeds with a function that was never reset";
	return machine_honest() && sent->label != PCI_MASTER ? taken_wrong(sent, fake) : NULL;
}

/* An honest function cannot fail; MASTER does before the claim, and a claim without a buffer. */
static bool failure_is_right(const struct file_exchange *sent, int64_t error)
{
	if (sent->badge == MACHINE_NOBODY)
		return error == -EPERM;
	return !machine_honest() || sent->label == PCI_MASTER || (sent->label == PCI_CLAIM && !buffers[sent->badge]);
}

static void judge(const struct file_exchange *sent, const struct file_exchange *answer)
{
	const struct request_shape *shape = shape_find(&world.requester, sent->label);
	const struct fake *written = machine_written();
	int64_t result = (int64_t)answer->data[0];
	const char *wrong = result < 0 ? (shape && !failure_is_right(sent, result) ? "fails" : NULL) : success_wrong(sent, written);

	if (wrong)
		answer_wrong(sent, shape, answer, wrong);
}

static void begin(void)
{
	world.stores = 0;
	machine_begin();
}

struct service_world *service_world_target(void)
{
	service_world_make(&world, "pci", 1);
	world.requester.protocols[0] = pci_shapes;
	world.requester.buffer_bytes = PAGE_SIZE;
	world.capability = capability;
	world.judge = judge;
	world.event = machine_change;
	world.begin = begin;
	world.restart = world_space_clear;
	service_world_memory(&world, GRANT_STATE, "state", PCI_MEMORY_BYTES, false);
	service_world_grant(&world, GRANT_SESSION, "init")->slot = INIT_SESSION;
	for (uint64_t badge = 1; badge < MACHINE_OWNERS; badge++)
		buffers[badge] = (const struct pci_device *)service_world_buffer(&world, badge == 1 ? "one" : "two", badge, PAGE_SIZE);
	machine_make(&world);
	return &world;
}
