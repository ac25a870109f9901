/* SPDX-License-Identifier: MIT */
/*
 * Brings the processor from what the firmware left to how the kernel runs it.
 *
 * Every optional feature is used only where CPUID offers it, for a reserved bit in a control register is a fault (and an endless loop
 * under QEMU's emulation). Only long mode and NX are required. What is on: SMEP, SMAP, UMIP, global pages, write protection in ring 0,
 * XSAVE with x87, SSE, AVX and AVX-512 state. What is off on purpose: FSGSBASE (the kernel keeps FS and GS base of its threads),
 * protection keys, and every FPU state that would not fit FPU_SIZE_MAX.
 *
 * All gates are interrupt gates: the kernel runs with interrupts off. Double fault, NMI and machine check have stacks of their own, since
 * they come where the current stack cannot be trusted.
 */
#include "boot/processor.h"

#include "boot/memory.h"
#include "boot/x86.h"
#include "kernel/arch/x86_64/kernel_map.h"
#include "kernel/cpu.h"
#include "kernel/panic.h"

#define TRAP_STUB_SIZE 16

#define GATE_INTERRUPT 0x8e /* present; ring 0 alone may name it in an INT instruction */
#define GATE_USER 0x60      /* ... or user mode, too */

#define GDT_CODE 0x00209b0000000000ull /* 64-bit, present, accessed */
#define GDT_DATA 0x0000930000000000ull
#define GDT_USER 0x0000600000000000ull
#define GDT_TSS 0x0000890000000000ull

#define LEAF1_ECX_XSAVE (1u << 26)
#define LEAF_EXTENDED_FEATURES 7
#define LEAF_XSAVE 0xd
#define LEAF_AMD_EDX_NX (1u << 20)

#define XCR0_SSE 0x03u
#define XCR0_AVX 0x07u
#define XCR0_AVX512 0xe7u

#define FXSAVE_SIZE 512
#define FXSAVE_MXCSR_MASK 28
#define MXCSR_MASK_DEFAULT 0xffbf /* Intel SDM volume 1, 11.6.6: what a mask of 0 means */

/* Intel SDM volume 3, figure 6-8. */
struct idt_gate {
	uint16_t offset0, selector;
	uint8_t stack, type;
	uint16_t offset16;
	uint32_t offset32, reserved;
};

/* Intel SDM volume 3, figure 8-11. */
struct tss {
	uint32_t reserved0;
	uint64_t rsp0;
	uint64_t rsp1, rsp2, reserved1;
	uint64_t ist[7]; /* ist[n - 1] is what a gate calls n */
	uint64_t reserved2;
	uint16_t reserved3, io_map_base;
} __attribute__((packed));
_Static_assert(offsetof(struct cpu, rsp0) - offsetof(struct cpu, tss) == offsetof(struct tss, rsp0) &&
	       offsetof(struct cpu, trace) - offsetof(struct cpu, tss) >= sizeof(struct tss), "the TSS fits its place");

#define GDT_ENTRIES 7

/* What only the processor itself reads: the kernel does not know where it lies. */
struct tables {
	struct idt_gate idt[VECTORS];
	uint64_t gdt[GDT_ENTRIES];
};

struct table_pointer {
	uint16_t limit;
	const void *base;
} __attribute__((packed));

/* The entry code: one stub of 16 bytes for each vector, and where `syscall` arrives. */
extern const uint8_t trap_stubs[VECTORS][TRAP_STUB_SIZE];
extern const uint8_t syscall_entry[];
_Static_assert(sizeof(cpu_stacks) == 0x10000, "start.asm: CPU_STACKS_BYTES");

static void gate_set(struct tables *tables, unsigned vector, enum cpu_stack stack)
{
	uint64_t stub = (uint64_t)trap_stubs[vector];
	uint8_t user = vector == VECTOR_BREAKPOINT || vector == VECTOR_OVERFLOW ? GATE_USER : 0;

	tables->idt[vector] = (struct idt_gate){(uint16_t)stub, SELECTOR_KERNEL_CODE,
						stack == STACK_KERNEL ? 0 : (uint8_t)(stack + 1), GATE_INTERRUPT | user,
						(uint16_t)(stub >> 16), (uint32_t)(stub >> 32), 0};
}

static void idt_build(struct tables *tables)
{
	for (unsigned vector = 0; vector < VECTORS; vector++)
		gate_set(tables, vector, STACK_KERNEL);
	gate_set(tables, VECTOR_DOUBLE_FAULT, STACK_DOUBLE_FAULT);
	gate_set(tables, VECTOR_NMI, STACK_NMI);
	gate_set(tables, VECTOR_MACHINE_CHECK, STACK_MACHINE_CHECK);
}

static void gdt_build(struct tables *tables, uint64_t tss)
{
	tables->gdt[SELECTOR_KERNEL_CODE / 8] = GDT_CODE;
	tables->gdt[SELECTOR_KERNEL_DATA / 8] = GDT_DATA;
	tables->gdt[SELECTOR_USER_DATA / 8] = GDT_DATA | GDT_USER;
	tables->gdt[SELECTOR_USER_CODE / 8] = GDT_CODE | GDT_USER;
	tables->gdt[SELECTOR_TSS / 8] = GDT_TSS | (sizeof(struct tss) - 1) | (tss & 0xffffff) << 16 | (tss >> 24 & 0xff) << 56;
	tables->gdt[SELECTOR_TSS / 8 + 1] = tss >> 32;
}

static void tss_build(struct tss *tss)
{
	tss->io_map_base = sizeof(*tss);
	for (int i = 0; i < STACK_KERNEL; i++)
		tss->ist[i] = (uint64_t)cpu_stacks[i + 1];
	tss->rsp0 = (uint64_t)(cpu_stacks + CPU_STACKS);
}

/* Far return: the only way to load CS without knowing one's own address. */
static void tables_load(const struct tables *tables)
{
	struct table_pointer gdt_pointer = {sizeof(tables->gdt) - 1, tables->gdt};
	struct table_pointer idt_pointer = {sizeof(tables->idt) - 1, tables->idt};

	__asm__ volatile("lgdt %0; lidt %1; lldt %w2; ltr %w3\n\t"
			 "pushq %4; leaq 1f(%%rip), %%rax; pushq %%rax; lretq\n1:"
			 :
			 : "m"(gdt_pointer), "m"(idt_pointer), "r"(0), "r"(SELECTOR_TSS), "i"(SELECTOR_KERNEL_CODE)
			 : "rax", "memory");
}

static void tables_make(struct cpu *cpu)
{
	struct tables *tables = paddr_pointer(boot_memory_take((sizeof(*tables) + PAGE_SIZE - 1) / PAGE_SIZE));

	tss_build((struct tss *)&cpu->tss);
	idt_build(tables);
	gdt_build(tables, (uint64_t)&cpu->tss);
	tables_load(tables);
}

/* The bit of CR4 if the feature's bit in a CPUID word is set. */
static uint32_t cr4_bit(uint32_t word, int feature, uint32_t bit)
{
	return word >> feature & 1 ? bit : 0;
}

static void control_registers_set(void)
{
	bool has_extended = cpuid_read(0, 0).eax >= LEAF_EXTENDED_FEATURES;
	struct cpuid basic = cpuid_read(1, 0);
	struct cpuid extended = cpuid_read(has_extended ? LEAF_EXTENDED_FEATURES : 0, 0);
	uint32_t cr4 = CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT;

	cr4 |= cr4_bit(basic.edx, 7, CR4_MCE) | cr4_bit(basic.edx, 13, CR4_PGE) | cr4_bit(basic.ecx, 26, CR4_OSXSAVE);
	if (has_extended)
		cr4 |= cr4_bit(extended.ebx, 7, CR4_SMEP) | cr4_bit(extended.ebx, 20, CR4_SMAP) |
		       cr4_bit(extended.ecx, 2, CR4_UMIP);
	cr4_write(cr4);
	cr0_write(CR0_PE_PG | CR0_MP | CR0_NE | CR0_WP);
}

static void syscall_init(void)
{
	msr_write(MSR_STAR, (uint64_t)(SELECTOR_USER_DATA - 8) << 48 | (uint64_t)SELECTOR_KERNEL_CODE << 32);
	msr_write(MSR_LSTAR, (uint64_t)syscall_entry);
	msr_write(MSR_SFMASK, ~RFLAGS_FIXED);
	msr_write(MSR_SYSENTER_CS, 0); /* SYSENTER faults */
}

/* Enables the largest set of states that the CPU has and whose standard form fits. */
static void xsave_init(void)
{
	static const uint32_t sets[] = {XCR0_AVX512, XCR0_AVX, XCR0_SSE};
	uint32_t offered = cpuid_read(LEAF_XSAVE, 0).eax;

	machine_fpu.size = UINT32_MAX;
	for (int i = 0; machine_fpu.size > FPU_SIZE_MAX; i++) {
		machine_fpu.features = sets[i];
		if ((offered & sets[i]) != sets[i])
			continue;
		xcr0_write(sets[i]);
		machine_fpu.size = cpuid_read(LEAF_XSAVE, 0).ebx;
	}
}

static void fpu_init(void)
{
	static uint8_t state[FXSAVE_SIZE] __attribute__((aligned(64)));

	machine_fpu.size = FXSAVE_SIZE;
	if (cpuid_read(1, 0).ecx & LEAF1_ECX_XSAVE)
		xsave_init();
	__asm__ volatile("fninit\n\tfxsave64 %0" : "=m"(state));
	machine_fpu.mxcsr_mask = *(uint32_t *)(state + FXSAVE_MXCSR_MASK);
	if (machine_fpu.mxcsr_mask == 0)
		machine_fpu.mxcsr_mask = MXCSR_MASK_DEFAULT;
}

/* What the kernel finds when GS leads it to this CPU's state: an idle CPU whose FPU nobody owns. */
static void cpu_make(struct cpu *cpu, unsigned number)
{
	cpu->self = cpu;
	cpu->number = number;
	cpu->stack = (uint64_t)(cpu_stacks + CPU_STACKS);
	cpu->root = image_paddr(kernel_root);
	cpu->current = &cpu->idle;
	cpu->idle.state = THREAD_FAULTED;
	cpu->fpu_trapped = true;
	msr_write(MSR_GS_BASE, (uint64_t)cpu);
	msr_write(MSR_KERNEL_GS_BASE, 0);
	msr_write(MSR_FS_BASE, 0);
}

void processor_check(void)
{
	if (!(cpuid_read(LEAF_AMD, 0).edx & LEAF_AMD_EDX_NX))
		halt("this processor lacks NX, which the kernel needs");
}

void processor_init(unsigned number)
{
	msr_write(MSR_EFER, msr_read(MSR_EFER) | EFER_SCE | EFER_NXE);
	tables_make(&cpus[number]);
	control_registers_set();
	syscall_init();
	cpu_make(&cpus[number], number);
	fpu_init();
	fpu_trap_set(true);
}
