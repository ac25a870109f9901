/* SPDX-License-Identifier: MIT */
/* Ports by grant (ports.h). Which ports a machine's registers lie at only its tables tell, which are read when the manifest has long been written: so the manifest lists ranges, and what they do not cover is refused here. */
#include "servers/platform/ports.h"

#include "lib/clock.h"
#include "lib/methods.h"
#include "lib/service.h"

#define CLOCK_INDEX 0x70
#define CLOCK_DATA 0x71
#define CLOCK_INDEX_MASK 0x7f /* bit 7 masks NMIs */

static handle_t port_find(uint16_t port, unsigned bytes)
{
	const struct start_grant *grant = start_next(GRANT_PORTS, NULL);

	while (grant && (port < (grant->argument & 0xffff) || port + bytes - 1 > (grant->argument >> 16 & 0xffff)))
		grant = start_next(GRANT_PORTS, grant);
	return grant ? grant->slot : 0;
}

bool port_is_ours(uint16_t port, unsigned bytes)
{
	return port_find(port, bytes) != 0;
}

static bool port_read(void *context, uint16_t port, unsigned bytes, uint32_t *value)
{
	handle_t ports = port_find(port, bytes);
	uint64_t read;

	(void)context;
	if (!ports || ioports_in(ports, port, bytes, &read) != OK)
		return false;
	*value = (uint32_t)read;
	return true;
}

static bool port_write(void *context, uint16_t port, unsigned bytes, uint32_t value)
{
	handle_t ports = port_find(port, bytes);

	(void)context;
	return ports && ioports_out(ports, port, bytes, value) == OK;
}

static void wait(void *context, uint64_t ns)
{
	uint64_t end = clock_now() + ns;

	(void)context;
	while (clock_now() < end)
		service_alive();
}

static bool clock_read(void *context, uint8_t index, uint8_t *value)
{
	uint32_t read;

	if (!port_write(context, CLOCK_INDEX, 1, index & CLOCK_INDEX_MASK) || !port_read(context, CLOCK_DATA, 1, &read))
		return false;
	*value = (uint8_t)read;
	return true;
}

const struct port_access own_ports = {port_read, port_write, wait, NULL};
const struct calendar_registers own_clock = {clock_read, wait, NULL};
