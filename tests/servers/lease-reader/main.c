/* SPDX-License-Identifier: MIT */
/* Reads a page by lease while another service changes it, and reports what it saw (tests/servers/leases/report.h). */
#include "lib/file.h"
#include "lib/service.h"
#include "lib/string.h"
#include "tests/servers/leases/report.h"

static unsigned char back[4096];

static int file_wait(void)
{
	int file = file_open(REPORT_FILE, OPEN_READ, 0);

	while (file == -ENOENT) {
		service_alive();
		file = file_open(REPORT_FILE, OPEN_READ, 0);
	}
	return file;
}

/* Reads by file_read(), and where a page lies, by turns. */
static void reads_report(int file, uint64_t *report)
{
	struct file_page page = {.count = 0};

	for (unsigned i = 0; i < REPORT_READS; i++) {
		bool leased;

		service_alive();
		leased = i % 2 && file_page(file, 0, &page) == 0;

		if (leased)
			memcpy(back, page.bytes, sizeof(back));
		else if (file_read(file, 0, back, sizeof(back)) != sizeof(back))
			report[REPORT_TORN]++;
		if (leased && !file_page_holds(&page))
			continue;
		report[REPORT_LEASED] += leased;
		report[REPORT_TORN] += memcmp(back, back + 1, sizeof(back) - 1) != 0;
		report[REPORT_VALUE] = back[0];
	}
}

int main(void)
{
	uint64_t report[MESSAGE_REGISTER_WORDS] = {0};
	int file;

	if (file_start())
		return 1;
	file = file_wait();
	do {
		service_alive();
		memset(report, 0, sizeof(report));
		reads_report(file, report);
		if (service_call(start_session("leases"), 0, REPORT_WORDS, report) != OK)
			return 1;
	} while (!report[0]);
	for (;;) {
		struct request request;

		if (service_receive(&request) != OK)
			return 1;
	}
}
