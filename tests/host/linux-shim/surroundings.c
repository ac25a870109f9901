/* SPDX-License-Identifier: MIT */
/* What is around the service's main() and is not there on the host: text that it prints goes to standard error when the variable KOZO_LOG is set; what lib/start.c and lib/space.c have for programs of other kinds is nothing. */
#include <stdio.h>
#include <stdlib.h>

#include "lib/clock.h"
#include "lib/console.h"
#include "lib/format.h"
#include "lib/health.h"
#include "lib/log.h"
#include "lib/package.h"
#include "lib/thread.h"

#define LINE_BYTES 256

struct thread_block init_thread_block;
char image_data_start[1], image_data_end[1];

void log_write(const char *text, size_t size)
{
	if (getenv("KOZO_LOG"))
		fwrite(text, 1, size, stderr);
}

void log_print(const char *format, ...)
{
	char line[LINE_BYTES];
	va_list arguments;

	va_start(arguments, format);
	log_write(line, text_format(line, sizeof(line), format, arguments));
	va_end(arguments);
}

void clock_set(struct clock scale)
{
	(void)scale;
}

struct clock clock_scale(void)
{
	return (struct clock){0};
}

/* Two symbols, one behind the other; the code there is for programs, and is not executed. */
__asm__(".section .rodata\n.globl vdso_image, vdso_image_end\nvdso_image: .zero 64\nvdso_image_end:\n.text");

void console_use(handle_t ports)
{
	(void)ports;
}

void health_whole(void)
{
}

const struct boot_package *package_header(void)
{
	return NULL;
}
