/* SPDX-License-Identifier: MIT */
/*
 * The console: a terminal on the byte device that the manifest gives the personality (serial), through the two rings of abi/protocols/serial.h. When the driver is restarted it goes on at the indexes of the rings.
 */
#include "abi/protocols/serial.h"
#include "file/device.h"
#include "lib/ring.h"
#include "lib/service.h"
#include "mm/user.h"
#include "terminal/terminal.h"

#define DRIVER "serial"
#define CONSOLE_NUMBER (4ull << 8 | 64) /* ttyS0 */

struct terminal console;
static struct ring output, input;
static unsigned char kept; /* taken from the ring, and the terminal had no room for it */
static bool keeps;

static size_t console_send(struct terminal *terminal, const unsigned char *bytes, size_t count)
{
	size_t done = ring_push_bytes(&output, bytes, count);

	(void)terminal;
	if (done)
		service_signal(start_signal(DRIVER));
	return done;
}

/* Hands over what the driver has received, as far as the terminal takes it. */
static void input_pull(struct terminal *terminal)
{
	bool some = false;

	for (;;) {
		if (!keeps && ring_pop(&input, &kept) != RING_OK)
			break;
		keeps = terminal_receive(terminal, &kept, 1) == 0;
		if (keeps)
			break;
		some = true;
	}
	if (some)
		service_signal(start_signal(DRIVER)); /* there is room in its ring */
}

static void console_resume(struct terminal *terminal)
{
	if (keeps)
		input_pull(terminal);
}

static size_t console_unsent(struct terminal *terminal)
{
	const struct ring_shared *shared = output.shared;
	uint64_t consumed = __atomic_load_n(&shared->consumed, __ATOMIC_ACQUIRE), left = output.own - consumed;

	(void)terminal;
	return left <= output.capacity ? left : 0;
}

/* struct serial_struct (linux/serial.h): which line this is, for cttyhack(1) and setserial(8). */
struct serial_information {
	int32_t type, line;
	uint32_t port;
	int32_t irq, flags, fifo_bytes, divisor, base;
	uint16_t close_delay;
	int8_t io_type, reserved;
	int32_t hub;
	uint16_t closing_wait, closing_wait2;
	uint64_t memory;
	uint16_t register_shift, padding;
	uint32_t port_high;
	uint64_t map_base;
};
_Static_assert(sizeof(struct serial_information) == 72, "struct serial_struct");

static int64_t console_ioctl(struct task *task, struct terminal *terminal, uint64_t request, uint64_t argument)
{
	const struct serial_information information = {.type = 4 /* 16550A */, .port = 0x3f8, .irq = 4, .fifo_bytes = 16, .base = 115200};

	(void)terminal;
	return (uint32_t)request == LINUX_TIOCGSERIAL ? user_put(task->memory, argument, &information) : -ENOTTY;
}

static const struct terminal_device device = {.send = console_send, .resume = console_resume, .unsent = console_unsent, .ioctl = console_ioctl};

static int console_open(struct task *task, struct description *description, uint32_t flags)
{
	return terminal_open(task, description, &console, flags);
}

static struct device_kind serial_lines = {.major = 4, .minor_first = 64, .minor_last = 64, .open = console_open};
static struct device_kind consoles = {.major = 5, .minor_first = 1, .minor_last = 1, .open = console_open};

/* /dev/tty: the terminal that controls the process. */
static int controlling_open(struct task *task, struct description *description, uint32_t flags)
{
	return task->process->terminal ? terminal_open(task, description, task->process->terminal, flags) : -ENXIO;
}

static struct device_kind controlling = {.major = 5, .minor_first = 0, .minor_last = 0, .open = controlling_open};

static void console_register(void)
{
	device_register(&serial_lines);
	device_register(&consoles);
	device_register(&controlling);
}

bool console_start(void)
{
	const struct start_grant *buffer = start_buffer_of(DRIVER);
	uint64_t data[MESSAGE_REGISTER_WORDS] = {0};

	console_register();
	terminal_start(&console, &device, CONSOLE_NUMBER);
	if (!buffer || service_call(start_session(DRIVER), SERIAL_ATTACH, 0, data) != OK || data[0])
		return false;
	ring_open(&output, (char *)buffer->address + SERIAL_OUTPUT_OFFSET, SERIAL_RING_BYTES, 1);
	ring_open(&input, (char *)buffer->address + SERIAL_INPUT_OFFSET, SERIAL_RING_BYTES, 1);
	return true;
}

void console_signalled(void)
{
	input_pull(&console);
	terminal_sent(&console);
}
