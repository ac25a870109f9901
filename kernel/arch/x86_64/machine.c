/* SPDX-License-Identifier: MIT */
/*
 * Brings the processor from what the loader left to how the kernel runs it, and then calls kernel_main().
 *
 * Every optional feature is used only where CPUID offers it, for a reserved bit in a control register is a fault (and an endless loop
 * under QEMU's emulation). Only long mode and NX are required. What is on: SMEP, SMAP, UMIP, global pages, write protection in ring 0,
 * XSAVE with x87, SSE, AVX and AVX-512 state. What is off on purpose: FSGSBASE (the kernel keeps FS and GS base of its threads),
 * protection keys, and every FPU state that would not fit FPU_SIZE_MAX.
 *
 * All gates are interrupt gates: the kernel runs with interrupts off. Double fault, NMI and machine check have stacks of their own, since
 * they come where the current stack cannot be trusted.
 */
#include "kernel/arch/x86_64/machine.h"

#include "kernel/arch/x86_64/apic.h"
#include "kernel/arch/x86_64/clock.h"
#include "kernel/arch/x86_64/console.h"
#include "kernel/arch/x86_64/kernel_map.h"
#include "kernel/panic.h"

#define VECTORS 256
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
#define LEAF_AMD 0x80000001
#define LEAF_AMD_EDX_NX (1u << 20)

#define XCR0_SSE 0x03u
#define XCR0_AVX 0x07u
#define XCR0_AVX512 0xe7u

#define FXSAVE_SIZE 512
#define FXSAVE_FCW 0
#define FXSAVE_MXCSR 24
#define FXSAVE_MXCSR_MASK 28
#define XSAVE_HEADER_WORDS 8 /* XSTATE_BV, XCOMP_BV (only the standard form here) and reserved words */
#define FCW_RESET 0x37f
#define MXCSR_RESET 0x1f80
#define MXCSR_MASK_DEFAULT 0xffbf /* Intel SDM volume 1, 11.6.6: what a mask of 0 means */

/* Intel SDM volume 3, figure 6-8. */
struct idt_gate {
	uint16_t offset0, selector;
	uint8_t stack, type;
	uint16_t offset16;
	uint32_t offset32, reserved;
};

struct table_pointer {
	uint16_t limit;
	const void *base;
} __attribute__((packed));

/* The entry code: one stub of 16 bytes for each vector, and where `syscall` arrives. */
extern const uint8_t trap_stubs[VECTORS][TRAP_STUB_SIZE];
extern const uint8_t syscall_entry[];

uint8_t cpu_stacks[CPU_STACKS][CPU_STACK_SIZE] __attribute__((section(".bss.stacks"), aligned(CPU_STACK_SIZE)));
uint64_t machine_boot_tsc;
struct fpu machine_fpu;
struct cpu_machine cpu_machine[CPU_MAX];
static struct idt_gate idt[VECTORS];

static void gate_set(unsigned vector, enum cpu_stack stack)
{
	uint64_t stub = (uint64_t)trap_stubs[vector];
	uint8_t user = vector == VECTOR_BREAKPOINT || vector == VECTOR_OVERFLOW ? GATE_USER : 0;

	idt[vector] = (struct idt_gate){(uint16_t)stub, SELECTOR_KERNEL_CODE,
					stack == STACK_KERNEL ? 0 : (uint8_t)(stack + 1), GATE_INTERRUPT | user,
					(uint16_t)(stub >> 16), (uint32_t)(stub >> 32), 0};
}

static void idt_build(void)
{
	for (unsigned vector = 0; vector < VECTORS; vector++)
		gate_set(vector, STACK_KERNEL);
	gate_set(VECTOR_DOUBLE_FAULT, STACK_DOUBLE_FAULT);
	gate_set(VECTOR_NMI, STACK_NMI);
	gate_set(VECTOR_MACHINE_CHECK, STACK_MACHINE_CHECK);
}

static void gdt_build(struct cpu_machine *machine)
{
	uint64_t tss = (uint64_t)&machine->tss;

	machine->gdt[SELECTOR_KERNEL_CODE / 8] = GDT_CODE;
	machine->gdt[SELECTOR_KERNEL_DATA / 8] = GDT_DATA;
	machine->gdt[SELECTOR_USER_DATA / 8] = GDT_DATA | GDT_USER;
	machine->gdt[SELECTOR_USER_CODE / 8] = GDT_CODE | GDT_USER;
	machine->gdt[SELECTOR_TSS / 8] = GDT_TSS | (sizeof(struct tss) - 1) | (tss & 0xffffff) << 16 |
					 (tss >> 24 & 0xff) << 56;
	machine->gdt[SELECTOR_TSS / 8 + 1] = tss >> 32;
	machine->tss.io_map_base = sizeof(struct tss);
	for (int i = 0; i < STACK_KERNEL; i++)
		machine->tss.ist[i] = (uint64_t)cpu_stacks[i + 1];
	machine->tss.rsp0 = (uint64_t)(cpu_stacks + CPU_STACKS);
}

/* Far return: the only way to load CS without knowing one's own address. */
static void tables_load(const struct cpu_machine *machine)
{
	struct table_pointer gdt_pointer = {sizeof(machine->gdt) - 1, machine->gdt};
	struct table_pointer idt_pointer = {sizeof(idt) - 1, idt};

	__asm__ volatile("lgdt %0; lidt %1; lldt %w2; ltr %w3\n\t"
			 "pushq %4; leaq 1f(%%rip), %%rax; pushq %%rax; lretq\n1:"
			 :
			 : "m"(gdt_pointer), "m"(idt_pointer), "r"(0), "r"(SELECTOR_TSS), "i"(SELECTOR_KERNEL_CODE)
			 : "rax", "memory");
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

	machine_fpu.xsave = cpuid_read(1, 0).ecx & LEAF1_ECX_XSAVE;
	machine_fpu.size = machine_fpu.xsave ? UINT32_MAX : FXSAVE_SIZE;
	if (machine_fpu.xsave)
		xsave_init();
	__asm__ volatile("fninit\n\tfxsave64 %0" : "=m"(state));
	machine_fpu.mxcsr_mask = *(uint32_t *)(state + FXSAVE_MXCSR_MASK);
	if (machine_fpu.mxcsr_mask == 0)
		machine_fpu.mxcsr_mask = MXCSR_MASK_DEFAULT;
}

void machine_fpu_init_image(void *image)
{
	memory_zero(image, machine_fpu.size);
	*(uint16_t *)((uint8_t *)image + FXSAVE_FCW) = FCW_RESET;
	*(uint32_t *)((uint8_t *)image + FXSAVE_MXCSR) = MXCSR_RESET;
}

bool machine_fpu_image_valid(const void *image)
{
	const uint64_t *header = (const uint64_t *)((const uint8_t *)image + FXSAVE_SIZE);

	if (*(const uint32_t *)((const uint8_t *)image + FXSAVE_MXCSR) & ~machine_fpu.mxcsr_mask)
		return false;
	if (!machine_fpu.xsave)
		return true;
	for (unsigned i = 1; i < XSAVE_HEADER_WORDS; i++)
		if (header[i])
			return false;
	return !(header[0] & ~(uint64_t)machine_fpu.features);
}

void machine_init_cpu(struct cpu_machine *machine)
{
	if (!(cpuid_read(LEAF_AMD, 0).edx & LEAF_AMD_EDX_NX))
		halt("this processor lacks NX, which the kernel needs");
	msr_write(MSR_EFER, msr_read(MSR_EFER) | EFER_SCE | EFER_NXE);
	gdt_build(machine);
	tables_load(machine);
	control_registers_set();
	syscall_init();
	msr_write(MSR_GS_BASE, (uint64_t)machine);
	msr_write(MSR_KERNEL_GS_BASE, 0);
	msr_write(MSR_FS_BASE, 0);
}

_Noreturn void machine_boot(uint32_t magic, uint32_t address)
{
	const struct boot_info *info;

	console_init();
	idt_build();
	machine_init_cpu(&cpu_machine[0]);
	info = boot_info_read(magic, address);
	kernel_map_build();
	fpu_init();
	apic_init();
	clock_init();
	kernel_main(info);
}
