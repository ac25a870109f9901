/* SPDX-License-Identifier: MIT */
/* IoPorts: reading and writing of ports by method, in all widths, within the range and rights of the capability and nowhere else. */
#include "tests/kernel/harness/harness.h"

#define ROOT INIT_SLOT_CNODE
#define PORTS INIT_SLOT_IO_PORTS
#define CMOS_INDEX 0x70
#define CMOS_DATA 0x71
#define CMOS_FREE_REGISTER 0x50 /* memory without a meaning */
#define POST_CODE 0x80
#define PCI_ADDRESS 0xcf8
#define PCI_DATA 0xcfc

static void bytes_are_read_and_written(void)
{
	uint64_t value;

	for (uint64_t written = 0; written < 256; written += 51) {
		CHECK_OK(ioports_out(PORTS, CMOS_INDEX, 1, CMOS_FREE_REGISTER));
		CHECK_OK(ioports_out(PORTS, CMOS_DATA, 1, written));
		CHECK_OK(ioports_out(PORTS, CMOS_INDEX, 1, CMOS_FREE_REGISTER));
		CHECK_OK(ioports_in(PORTS, CMOS_DATA, 1, &value));
		CHECK_EQUAL(written, value);
	}
}

/* The host bridge's identity through the configuration ports: as one access of four bytes and as two of two. */
static void wider_accesses(void)
{
	uint64_t whole, low, high, address;

	CHECK_OK(ioports_out(PORTS, PCI_ADDRESS, 4, 0x80000000));
	CHECK_OK(ioports_in(PORTS, PCI_ADDRESS, 4, &address));
	CHECK_EQUAL(0x80000000, address);
	CHECK_OK(ioports_in(PORTS, PCI_DATA, 4, &whole));
	CHECK_OK(ioports_in(PORTS, PCI_DATA, 2, &low));
	CHECK_OK(ioports_in(PORTS, PCI_DATA + 2, 2, &high));
	CHECK_EQUAL(whole, low | high << 16);
	CHECK_EQUAL(0x8086, low);
}

/* Bits above the width are not written. */
static void values_are_cut(void)
{
	uint64_t value;

	CHECK_OK(ioports_out(PORTS, CMOS_INDEX, 1, 0xffffff00 | CMOS_FREE_REGISTER));
	CHECK_OK(ioports_out(PORTS, CMOS_DATA, 1, 0xfffffffffffff55a));
	CHECK_OK(ioports_in(PORTS, CMOS_DATA, 1, &value));
	CHECK_EQUAL(0x5a, value);
}

static void ranges_limit(void)
{
	handle_t narrow = slot_allocate();
	uint64_t value;

	CHECK_OK(cnode_mint(ROOT, narrow, ROOT, PORTS, RIGHTS_ALL, CMOS_INDEX | CMOS_DATA << 16));
	CHECK_OK(ioports_out(narrow, CMOS_INDEX, 1, CMOS_FREE_REGISTER));
	CHECK_OK(ioports_in(narrow, CMOS_DATA, 1, &value));
	CHECK_OK(ioports_in(narrow, CMOS_INDEX, 2, &value));
	CHECK_REFUSED(ERR_ARGUMENT, ioports_in(narrow, CMOS_INDEX - 1, 1, &value));
	CHECK_REFUSED(ERR_ARGUMENT, ioports_in(narrow, CMOS_DATA + 1, 1, &value));
	CHECK_REFUSED(ERR_ARGUMENT, ioports_in(narrow, CMOS_DATA, 2, &value));
	CHECK_REFUSED(ERR_ARGUMENT, ioports_in(narrow, CMOS_INDEX, 4, &value));
	CHECK_REFUSED(ERR_ARGUMENT, ioports_out(narrow, CMOS_DATA, 2, 0));
	CHECK_REFUSED(ERR_ARGUMENT, ioports_out(narrow, CMOS_INDEX - 1, 2, 0));
	CHECK_REFUSED(ERR_ARGUMENT, ioports_out(narrow, 0x10000 + CMOS_INDEX, 1, 0));
}

static void arguments_are_checked(void)
{
	static const uint64_t widths[] = {0, 3, 5, 8, 16, 1ull << 32, UINT64_MAX}, ports[] = {0x10000, 0x1ffff, 1ull << 32, UINT64_MAX, UINT64_MAX - 1};
	uint64_t value;

	for (int i = 0; i < 7; i++) {
		CHECK_REFUSED(ERR_ARGUMENT, ioports_in(PORTS, POST_CODE, widths[i], &value));
		CHECK_REFUSED(ERR_ARGUMENT, ioports_out(PORTS, POST_CODE, widths[i], 0));
	}
	for (int i = 0; i < 5; i++) {
		CHECK_REFUSED(ERR_ARGUMENT, ioports_in(PORTS, ports[i], 1, &value));
		CHECK_REFUSED(ERR_ARGUMENT, ioports_out(PORTS, ports[i], 4, 0));
	}
	CHECK_REFUSED(ERR_ARGUMENT, ioports_in(PORTS, 0xffff, 2, &value));
	CHECK_REFUSED(ERR_ARGUMENT, ioports_in(PORTS, 0xfffd, 4, &value));
}

static void rights_limit(void)
{
	handle_t reader = slot_allocate(), writer = slot_allocate();
	uint64_t value, records = records_committed();

	CHECK_OK(cnode_copy(ROOT, reader, ROOT, PORTS, RIGHT_READ));
	CHECK_OK(cnode_copy(ROOT, writer, ROOT, PORTS, RIGHT_WRITE));
	CHECK_REFUSED(ERR_RIGHTS, ioports_out(reader, POST_CODE, 1, 0));
	CHECK_REFUSED(ERR_RIGHTS, ioports_in(writer, POST_CODE, 1, &value));
	CHECK_OK(ioports_out(writer, POST_CODE, 1, 0));
	CHECK_OK(ioports_in(reader, POST_CODE, 1, &value));
	CHECK_EQUAL(records + 2, records_committed());
}

static const struct test tests[] = {
	{"ioports-bytes", "bytes are written and read", bytes_are_read_and_written},
	{"ioports-widths", "two and four bytes are one access", wider_accesses},
	{"ioports-cut", "bits above the width are ignored", values_are_cut},
	{"ioports-range", "nothing outside the range is touched, whole width counted", ranges_limit},
	{"ioports-arguments", "impossible widths and ports are refused", arguments_are_checked},
	{"ioports-rights", "reading and writing need their rights and commit nothing", rights_limit},
};

int main(void)
{
	return HARNESS_RUN(tests);
}
