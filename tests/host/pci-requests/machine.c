/* SPDX-License-Identifier: MIT */
/*
 * The machine of pci (machine.h): three functions that are driven, one of them behind a bridge. Configuration space is reached by ports alone: a chipset that maps it in memory would need each access to that seen.
 *
 * Judged is each write of configuration space: pci scans without any, and in a request it writes to the caller's function and the bridge above it; by the functions, what they must not be told (fake_write()).
 */
#include "machine.h"

#include <inttypes.h>
#include <string.h>

#include "tests/host/harness/service_memory.h"

#define PORTS (WORLD_HANDLES + 1)
#define UNTYPED (WORLD_HANDLES + 2)
#define TABLES (WORLD_HANDLES + 3)
#define REGISTERS (WORLD_HANDLES + 4)
#define PORT_ADDRESS 0xcf8
#define PORT_DATA 0xcfc
#define ADDRESS_ENABLE 0x80000000u
#define BRIDGE 0x0010 /* 00:02.0 */
#define BUS_BEHIND 1
#define MESSAGES 2 /* interrupts of each device */
#define MESSAGE_ADDRESS 0xfee00000ull
#define TABLES_BASE 0xfe800000ull
#define TABLES_BYTES 0x10000
#define REGISTERS_BYTES 0x20000
#define BAR_SPACE 0x4000 /* from the BARs of one function to those of the next */

static const struct {
	pci_address_t address;
	uint16_t device;
	const char *name;
} driven[MACHINE_OWNERS] = {{0x0008, 0x1044, "virtio-rng"}, {0x0009, 0x1001, "virtio-blk"}, {BUS_BEHIND << 8, 0x1042, "virtio-blk.1"}};

static struct service_world *world;
static unsigned char *tables;
static struct fake fakes[MACHINE_OWNERS + 1], made[MACHINE_OWNERS + 1]; /* by badge, the bridge at 0; and as the firmware has left them */
static uint32_t selected; /* what was written to the address port */
static struct fake *written; /* the function that this request has written to last */
static bool honest;

/* Making. */

static void window_make(handle_t handle, uint64_t base, size_t bytes)
{
	struct start_grant *window = service_world_grant(world, GRANT_DEVICE, "device");

	window->slot = (uint32_t)handle;
	window->address = base;
	window->bytes = bytes;
}

static void owner_make(uint64_t badge)
{
	for (uint32_t i = 0; i < MESSAGES; i++) {
		struct start_grant *owner = service_world_grant(world, GRANT_DEVICE_OWNER, driven[badge - 1].name);

		owner->argument = badge;
		owner->address = MESSAGE_ADDRESS + (badge << 12);
		owner->bytes = badge << 4 | i;
	}
}

static void function_make(uint64_t badge)
{
	uint32_t place = (uint32_t)(badge - 1) * BAR_SPACE;
	struct fake *fake = &made[badge];

	fake_make(fake, driven[badge - 1].address, driven[badge - 1].device);
	fake_put(fake, 0x14, FAKE_TABLE_BASE + place, 4);
	fake_put(fake, 0x20, ((uint32_t)FAKE_REGISTERS_BASE + place) | 0xc, 4);
	if (badge == 1)
		fake_put(fake, 0x0e, 0x80, 1); /* its device has more than one function */
}

void machine_make(struct service_world *of)
{
	struct start_grant *ports;

	world = of;
	ports = service_world_grant(world, GRANT_PORTS, "pci");
	ports->slot = PORTS;
	ports->argument = PORT_ADDRESS | (uint64_t)(PORT_DATA + 3) << 16;
	service_world_grant(world, GRANT_UNTYPED, "untyped")->slot = UNTYPED;
	tables = world_region_make(TABLES, TABLES_BYTES);
	(void)world_region_make(REGISTERS, REGISTERS_BYTES);
	window_make(TABLES, TABLES_BASE, TABLES_BYTES);
	window_make(REGISTERS, FAKE_REGISTERS_BASE, REGISTERS_BYTES);
	fake_make_bridge(&made[0], BRIDGE, BUS_BEHIND);
	for (uint64_t badge = 1; badge <= MACHINE_OWNERS; badge++) {
		function_make(badge);
		owner_make(badge);
	}
}

void machine_change(void)
{
	struct input *input = &world->requester.input;
	struct fake *fake = &fakes[input_take(input, 1) % (MACHINE_OWNERS + 1)];
	uint64_t what = input_take(input, 1), value = input_take(input, 1);

	honest = false;
	if (what == 0xff)
		fake->gone = value % 2;
	else if (what == 0xfe)
		fake->deaf_reset = value % 2;
	else if (what == 0xfd)
		fake->sticky_master = value % 2;
	else if (what == 0xfc)
		fake->pending = value % 2;
	else if (what >= 0xf0)
		fake->bar_mask[what % PCI_BARS] = (uint32_t)value << 8 * (value % 4) | 0xf0000000;
	else
		fake->space[what] = (uint8_t)value;
}

void machine_begin(void)
{
	uint64_t changes = input_take(&world->requester.input, 1) % 16;

	memcpy(fakes, made, sizeof(fakes));
	world_regions_clear();
	selected = 0;
	written = NULL;
	honest = true;
	for (uint64_t i = 8; i < changes; i++)
		machine_change();
}

bool machine_honest(void)
{
	return honest;
}

struct fake *machine_written(void)
{
	struct fake *last = written;

	written = NULL;
	return last;
}

static struct fake *driven_by(uint64_t badge)
{
	return badge >= 1 && badge <= MACHINE_OWNERS ? &fakes[badge] : NULL;
}

/* Configuration space. */

static struct fake *selected_function(void)
{
	for (unsigned i = 0; i <= MACHINE_OWNERS; i++)
		if (fakes[i].address == (selected >> 8 & 0xffff) && !fakes[i].gone && selected & ADDRESS_ENABLE)
			return &fakes[i];
	return NULL;
}

static void write_judge(struct fake *fake)
{
	const struct world_reply *reply = &world->reply[0];
	const struct fake *own = reply->holds ? driven_by(reply->sent.badge) : NULL;

	if (!own)
		complain("configuration space at %" PRIx32 " is written, and no driver has asked for anything", selected);
	if (honest && fake != own && !(fake == &fakes[0] && own->address >> 8 == BUS_BEHIND))
		complain("function %x is written to in a request of who drives %x", fake ? fake->address : 0, own->address);
	if (fake != &fakes[0])
		written = fake;
}

static void data_write(unsigned offset, unsigned width, uint32_t value)
{
	struct fake *fake = selected_function();
	const char *wrong;

	write_judge(fake);
	wrong = fake ? fake_write(fake, offset, width, value) : NULL;
	if (wrong && honest)
		complain("%s (function %x, register %x)", wrong, fake->address, offset);
}

static void port_access(bool write, uint64_t port, unsigned width, uint64_t *value)
{
	unsigned offset = (selected & 0xfc) + (unsigned)(port - PORT_DATA);

	if (port == PORT_ADDRESS && width == 4 && write)
		selected = (uint32_t)*value;
	else if (port < PORT_DATA || port + width > PORT_DATA + 4 || port % width)
		complain("port %" PRIx64 " is accessed with %u bytes", port, width);
	else if (write)
		data_write(offset, width, (uint32_t)*value);
	else
		*value = fake_read(selected_function(), offset, width);
}

bool machine_method(handle_t target, uint64_t label, uint64_t data[MESSAGE_REGISTER_WORDS], enum error *error)
{
	if (target != PORTS || (label != IO_PORTS_IN && label != IO_PORTS_OUT))
		return false;
	*error = data[1] == 1 || data[1] == 2 || data[1] == 4 ? OK : ERR_ARGUMENT;
	if (*error == OK)
		port_access(label == IO_PORTS_OUT, data[0], (unsigned)data[1], label == IO_PORTS_OUT ? &data[2] : &data[0]);
	return true;
}

/* Memory. */

enum error machine_lend(const uint64_t data[MESSAGE_REGISTER_WORDS])
{
	uint64_t badge = data[0] + 1, window = data[1], page = data[2], pages = data[3];
	const struct world_reply *reply = &world->reply[0];
	const uint64_t base = window == 0 ? TABLES_BASE : FAKE_REGISTERS_BASE, most = (window == 0 ? TABLES_BYTES : REGISTERS_BYTES) / PAGE_SIZE;

	if (!reply->holds || reply->sent.badge != badge || window > 1 || pages == 0 || page > most || pages > most - page || data[4] >= PCI_REGIONS_MAX)
		complain("badge %" PRIu64 " is lent pages %" PRIu64 " + %" PRIu64 " of window %" PRIu64 " in slot %" PRIu64, badge, page, pages, window, data[4]);
	if (honest && base + page * PAGE_SIZE != FAKE_REGISTERS_BASE + data[0] * BAR_SPACE)
		complain("badge %" PRIu64 " is lent what is not its registers: %" PRIx64, badge, base + page * PAGE_SIZE);
	return OK;
}

bool machine_bars_kept(const struct fake *fake)
{
	return memcmp(fake->space + 0x10, made[fake - fakes].space + 0x10, PCI_BARS * sizeof(uint32_t)) == 0;
}

bool machine_messages_written(uint64_t badge, unsigned count)
{
	const uint32_t *entry = (const uint32_t *)(tables + (FAKE_TABLE_BASE - TABLES_BASE) + (badge - 1) * BAR_SPACE);

	for (uint32_t i = 0; i < count; i++, entry += 4)
		if (entry[0] != MESSAGE_ADDRESS + (badge << 12) || entry[1] != 0 || entry[2] != (badge << 4 | i) || entry[3] != 0)
			return false;
	return count == MESSAGES;
}
