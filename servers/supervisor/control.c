/* SPDX-License-Identifier: MIT */
/*
 * The debug channel (control.h): a 16550 (PC16550D data sheet, section 8) by interrupt in both directions. Answers are written to a buffer and leave it as fast as the port takes them: the supervisor never
 * waits for the other side, and does not care whether there is one.
 *
 * The line is edge-triggered and loses what comes while it is masked. So it is unmasked first, and then the port is served until it has nothing to say: what comes after that is a new edge.
 */
#include "control.h"

#include "lib/crc32c.h"
#include "lib/format.h"
#include "lib/log.h"
#include "lib/methods.h"
#include "lib/service.h"
#include "lib/string.h"
#include "remains.h"
#include "wards.h"

/* Registers, from the first port on. */
enum { UART_DATA = 0, UART_INTERRUPT_ENABLE = 1, UART_FIFO = 2, UART_LINE_CONTROL = 3, UART_MODEM_CONTROL = 4, UART_LINE_STATUS = 5, UART_SCRATCH = 7 };
#define INTERRUPT_RECEIVED 0x01
#define INTERRUPT_EMPTY 0x02
#define IDENTITY_NONE 0x01 /* of the interrupt identification, read where the FIFO control is written */
#define TRANSMIT_FIFO 16
#define FIFO_ENABLE_CLEAR 0x07
#define LINE_8N1 0x03
#define LINE_DIVISOR 0x80
#define MODEM_READY 0x0b /* DTR, RTS, and OUT2, which lets interrupts through */
#define STATUS_RECEIVED 0x01
#define STATUS_EMPTY 0x20
#define SCRATCH_VALUE 0x5a
#define SERVE_ROUNDS 64 /* a port that never falls silent is left to the next tick */
#define COMMAND_BYTES 128
#define CHECK_MARK '*' /* in front of a line's check */
#define OUTPUT_BYTES 32768
#define REMAINS_WORDS_MAX 512 /* of memory in one answer: they fit the output */

static const struct start_grant *ports, *irq;
static char command[COMMAND_BYTES];
static size_t received;
static char output[OUTPUT_BYTES];
static size_t produced, sent; /* of the output, in bytes */
static bool hangs; /* the supervisor itself is to hang, when its answer has been sent */

static uint64_t uart_read(uint64_t at)
{
	uint64_t value = 0xff;

	return ioports_in(ports->slot, (ports->argument & 0xffff) + at, 1, &value) == OK ? value & 0xff : 0xff;
}

static void uart_write(uint64_t at, uint64_t value)
{
	(void)!ioports_out(ports->slot, (ports->argument & 0xffff) + at, 1, value); /* the manifest gave the ports: it cannot be refused */
}

void control_open(void)
{
	ports = start_find("control");
	irq = start_next(GRANT_IRQ, NULL);
	if (!ports || ports->kind != GRANT_PORTS) {
		ports = NULL;
		return;
	}
	uart_write(UART_SCRATCH, SCRATCH_VALUE);
	if (uart_read(UART_SCRATCH) != SCRATCH_VALUE) {
		ports = NULL;
		return;
	}
	uart_write(UART_LINE_CONTROL, LINE_DIVISOR);
	uart_write(UART_DATA, 1); /* 115,200 baud */
	uart_write(UART_INTERRUPT_ENABLE, 0);
	uart_write(UART_LINE_CONTROL, LINE_8N1);
	uart_write(UART_FIFO, FIFO_ENABLE_CLEAR);
	uart_write(UART_MODEM_CONTROL, MODEM_READY);
	uart_write(UART_INTERRUPT_ENABLE, INTERRUPT_RECEIVED);
	if (irq)
		(void)!irq_acknowledge(irq->slot);
}

/* Gives the port what it takes now, and has it ask for the rest. */
static void output_pump(void)
{
	while (sent < produced && uart_read(UART_LINE_STATUS) & STATUS_EMPTY)
		for (int i = 0; i < TRANSMIT_FIFO && sent < produced; i++)
			uart_write(UART_DATA, (unsigned char)output[sent++]);
	if (sent == produced)
		sent = produced = 0;
	uart_write(UART_INTERRUPT_ENABLE, INTERRUPT_RECEIVED | (produced ? INTERRUPT_EMPTY : 0));
}

static void control_print(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	produced += text_format(output + produced, OUTPUT_BYTES - produced, format, arguments);
	va_end(arguments);
}

static const char *thread_state_name(enum thread_state state)
{
	switch (state) {
	case THREAD_RUNNABLE:
		return "runs";
	case THREAD_SENDING:
		return "sends";
	case THREAD_RECEIVING:
		return "waits";
	case THREAD_REPLY:
		return "calls";
	case THREAD_FAULTED:
		return "faulted";
	default:
		return "waits for the log";
	}
}

static void status_print(uint32_t index)
{
	static const char *const states[] = {"new", "running", "stopped"};
	const struct ward *ward = ward_at(index);
	struct ward_state state;
	char reason[START_REASON_BYTES + 1];

	if (ward_inform(index, &state) != OK || state.state > SERVICE_STOPPED) {
		control_print("%s ?\n", ward->plan->name);
		return;
	}
	control_print("%s %s, instances %u, cpu %u us, %s", ward->plan->name, states[state.state], state.instances, state.cpu_time / 1000,
		      state.state == SERVICE_RUNNING ? thread_state_name(state.thread) : ward->over ? "for good" : "to be started");
	if (state.ended != ENDED_NOT)
		control_print(", last ended by %s", ended_name(state.ended));
	if (ward->policy.deaths >= POLICY_LOOP)
		control_print(", crash loop of %u", ward->policy.deaths);
	if (ward_degraded(index, reason))
		control_print(", DEGRADED: %s", reason);
	control_print("\n");
}

/* Takes the next word off a line; the line goes on behind it. */
static char *word_take(char **line)
{
	char *word = *line;

	while (*word == ' ')
		word++;
	*line = word;
	while (**line && **line != ' ')
		(*line)++;
	if (**line)
		*(*line)++ = 0;
	return word;
}

/* A number, hexadecimal with 0x. */
static uint64_t number_of(const char *word)
{
	bool hexadecimal = word[0] == '0' && word[1] == 'x';
	uint64_t value = 0;

	for (word += hexadecimal ? 2 : 0; *word; word++) {
		uint64_t digit = *word >= 'a' ? (uint64_t)(*word - 'a') + 10 : (uint64_t)(*word - '0');

		value = value * (hexadecimal ? 16 : 10) + digit;
	}
	return value;
}

static void remains_command(uint32_t index, char *rest)
{
	const char *address = word_take(&rest), *words = word_take(&rest);
	uint64_t count = *words ? number_of(words) : INIT_PEEK_WORDS;

	if (*address)
		remains_memory(index, number_of(address), count < REMAINS_WORDS_MAX ? count : REMAINS_WORDS_MAX, control_print);
	else
		remains_report(index, NULL, control_print);
}

/* Carries out a command that names a service. Returns the error's sentence, or a null pointer. */
static const char *service_command(const char *verb, uint32_t index, char *rest)
{
	if (strcmp(verb, "remains") == 0) {
		remains_command(index, rest);
		return NULL;
	}
	if (!ward_at(index)->mine && strcmp(verb, "hang") != 0)
		return "the supervisor cannot do this to itself (hang it: init restarts it)";
	if (strcmp(verb, "kill") == 0 || strcmp(verb, "restart") == 0)
		return ward_kill(index) == OK ? NULL : "init has refused it";
	if (strcmp(verb, "hang") == 0 && !ward_at(index)->mine) {
		hangs = true;
		return NULL;
	}
	if (strcmp(verb, "hang") == 0)
		return ward_hang(index) == OK ? NULL : "init has refused it";
	return "no such command (status, kill, restart, hang, remains, off)";
}

static void command_run(char *line)
{
	const char *verb = word_take(&line), *name = word_take(&line), *error;
	uint32_t index = ward_find(name);

	if (strcmp(verb, "hello") == 0) {
		control_print("hello %s\n", name);
		error = NULL;
	} else if (strcmp(verb, "off") == 0 && !*name) {
		error = ward_tell("shutdown") ? NULL : "this system has no service 'shutdown'";
	} else if (strcmp(verb, "status") == 0 && !*name) {
		for (uint32_t i = 0; i < wards_count(); i++)
			status_print(i);
		error = NULL;
	} else if (index == PLAN_NONE) {
		error = "no service has this name";
	} else if (strcmp(verb, "status") == 0) {
		status_print(index);
		error = NULL;
	} else {
		error = service_command(verb, index, line);
	}
	if (error)
		control_print("error: %s\n", error);
	else
		control_print(".\n");
}

/* Takes the check off a line; false when it is not that of what stands before it: then something was lost on the way. */
static bool check_take(char *line)
{
	char *at = line;

	while (*at && *at != CHECK_MARK)
		at++;
	if (!*at)
		return false;
	*at = 0;
	return number_of(at + 1) == crc32c(line, (size_t)(at - line));
}

/* A port loses what comes before it is set up, and a new instance of this service sets it up anew. So a line counts only with its check. */
static void line_take(size_t bytes)
{
	if (bytes == COMMAND_BYTES)
		control_print("error: the line is too long\n");
	command[bytes < COMMAND_BYTES ? bytes : 0] = 0;
	if (check_take(command))
		command_run(command);
	else if (bytes > 0 && bytes < COMMAND_BYTES)
		control_print("?\n");
}

static void byte_take(char byte)
{
	if (byte == '\n') {
		line_take(received);
		received = 0;
	} else if (byte != '\r') {
		if (received < COMMAND_BYTES)
			command[received] = byte;
		received += received < COMMAND_BYTES;
	}
}

void control_serve(uint64_t signals)
{
	if (!ports || (irq && !(signals >> irq->argument & 1)))
		return;
	if (irq)
		(void)!irq_acknowledge(irq->slot);
	for (int i = 0; i < SERVE_ROUNDS; i++) {
		while (uart_read(UART_LINE_STATUS) & STATUS_RECEIVED)
			byte_take((char)uart_read(UART_DATA));
		output_pump();
		if (hangs && !produced)
			(void)ward_hang(ward_find(start_page->name)); /* comes back only if it was refused */
		if (uart_read(UART_FIFO) & IDENTITY_NONE)
			return;
	}
}
