/* SPDX-License-Identifier: MIT */
/*
 * Finds out how fast the TSC and the local APIC timer count.
 *
 * CPUID tells the rate of the TSC on recent processors (Intel SDM volume 3, 19.7.3) and under some hypervisors (leaf 0x40000010). Else the
 * PIT does, whose rate every PC shares. Both counters are read at the two ends of one window, and the timer's rate follows from the
 * TSC's. A reading of the PIT takes three port accesses in which an emulator may lose the processor, so it is framed by two
 * readings of the TSC and repeated: the tightest frame counts.
 */
#include "boot/clock.h"

#include "boot/interrupts.h"
#include "boot/x86.h"
#include "kernel/arch/x86_64/machine.h"

#define NS_PER_SECOND 1000000000
#define CLOCK_SHIFT 32

#define LEAF_TSC 0x15
#define LEAF_FREQUENCY 0x16
#define LEAF_HYPERVISOR 0x40000000
#define LEAF_HYPERVISOR_TSC 0x40000010
#define LEAF1_ECX_HYPERVISOR (1u << 31)

/* Intel 8254, channel 2; its gate is bit 0 of a port that has the speaker in bit 1. */
#define PIT_HZ 1193182
#define PIT_WINDOW 600 /* ticks: 0.5 ms */
#define PIT_CHANNEL2 0x42
#define PIT_COMMAND 0x43
#define PIT_COUNT_DOWN 0xb0 /* channel 2, low and high byte, mode 0 */
#define PIT_LATCH 0x80      /* channel 2 */
#define PIT_STATUS 0xe8     /* read-back of channel 2 */
#define PIT_STATUS_OUT 0x80 /* counted down */
#define PIT_GATE 0x61
#define READINGS 5

struct reading {
	uint64_t tsc;
	uint16_t pit;
	uint32_t timer; /* of the local APIC */
};

static void pit_start(void)
{
	port_out8(PIT_GATE, (port_in8(PIT_GATE) & ~2) | 1);
	port_out8(PIT_COMMAND, PIT_COUNT_DOWN);
	port_out8(PIT_CHANNEL2, 0xff);
	port_out8(PIT_CHANNEL2, 0xff);
}

/* Ticks since pit_start(). */
static uint16_t pit_read(void)
{
	uint16_t low;

	port_out8(PIT_COMMAND, PIT_LATCH);
	low = port_in8(PIT_CHANNEL2);
	return (uint16_t)~(port_in8(PIT_CHANNEL2) << 8 | low);
}

/* Whether it counted to its end, and is of no use any more. */
static bool pit_ran_out(void)
{
	port_out8(PIT_COMMAND, PIT_STATUS);
	return port_in8(PIT_CHANNEL2) & PIT_STATUS_OUT;
}

static struct reading counters_read(void)
{
	struct reading best = {0};
	uint64_t tightest = UINT64_MAX;

	for (int i = 0; i < READINGS; i++) {
		uint64_t start = tsc_read();
		struct reading now = {.pit = pit_read(), .timer = apic_timer_counted()};
		uint64_t width = tsc_read() - start;

		if (width >= tightest)
			continue;
		tightest = width;
		best = now;
		best.tsc = start + width / 2;
	}
	return best;
}

static uint64_t cpuid_tsc_hz(void)
{
	uint32_t last = cpuid_read(0, 0).eax;

	if (last >= LEAF_TSC) {
		struct cpuid tsc = cpuid_read(LEAF_TSC, 0); /* crystal ecx Hz, ratio ebx / eax */

		if (tsc.eax && tsc.ebx && tsc.ecx)
			return (uint64_t)tsc.ecx * tsc.ebx / tsc.eax;
		if (tsc.eax && tsc.ebx && last >= LEAF_FREQUENCY)
			return cpuid_read(LEAF_FREQUENCY, 0).eax * 1000000ull;
	}
	if ((cpuid_read(1, 0).ecx & LEAF1_ECX_HYPERVISOR) &&
	    cpuid_read(LEAF_HYPERVISOR, 0).eax >= LEAF_HYPERVISOR_TSC)
		return cpuid_read(LEAF_HYPERVISOR_TSC, 0).eax * 1000ull;
	return 0;
}

void clock_calibrate(uint64_t start)
{
	struct reading first, last;
	uint64_t hz = cpuid_tsc_hz();

	do {
		pit_start();
		apic_timer_count();
		first = counters_read();
		do
			last = counters_read();
		while ((uint16_t)(last.pit - first.pit) < PIT_WINDOW);
	} while (pit_ran_out()); /* an emulator's thread was away for 55 ms */
	if (hz == 0)
		hz = (last.tsc - first.tsc) * PIT_HZ / (uint16_t)(last.pit - first.pit);
	apic_timer_set_rate((last.timer - first.timer) * hz / (last.tsc - first.tsc));
	clock_scale.tsc_hz = hz;
	clock_scale.mult = ((uint64_t)NS_PER_SECOND << CLOCK_SHIFT) / hz;
	clock_scale.shift = CLOCK_SHIFT;
	clock_scale.base = start;
}
