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
#include "kernel/arch/x86_64/x86.h"
#include "kernel/panic.h"

#define VECTORS 256
#define TRAP_STUB_SIZE 16
#define DPL_USER 3

#define GDT_CODE 0x00209b0000000000ull /* 64-bit, present, accessed */
#define GDT_DATA 0x0000930000000000ull
#define GDT_USER 0x0000600000000000ull
#define GDT_TSS 0x0000890000000000ull

/* CPUID bits (Intel SDM volume 2, CPUID). */
#define LEAF1_ECX_XSAVE (1u << 26)
#define LEAF1_EDX_MCE (1u << 7)
#define LEAF1_EDX_PGE (1u << 13)
#define LEAF7_EBX_SMEP (1u << 7)
#define LEAF7_EBX_SMAP (1u << 20)
#define LEAF7_ECX_UMIP (1u << 2)
#define LEAF_XSAVE 0xd
#define LEAF_XSAVE_1_EAX_XSAVEOPT (1u << 0)
#define LEAF_EXTENDED 0x80000001
#define LEAF_EXTENDED_EDX_NX (1u << 20)

#define XCR0_X87_SSE 0x03u
#define XCR0_AVX 0x04u
#define XCR0_AVX512 0xe0u /* opmask, upper halves of ZMM0-15, ZMM16-31: all or none */

#define FXSAVE_SIZE 512
#define FXSAVE_FCW 0
#define FXSAVE_MXCSR 24
#define FXSAVE_MXCSR_MASK 28
#define FCW_RESET 0x37f
#define MXCSR_RESET 0x1f80
#define MXCSR_MASK_DEFAULT 0xffbf /* Intel SDM volume 1, 11.6.6: what a mask of 0 means */

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

uint8_t cpu_stacks[CPU_STACKS][CPU_STACK_SIZE] __attribute__((section(".bss.stacks"), aligned(PAGE_SIZE)));
uint64_t machine_boot_tsc;
struct fpu machine_fpu;
struct cpu_machine cpu_machine[CPU_MAX];
static struct idt_gate idt[VECTORS];

static void gate_set(unsigned vector, enum cpu_stack stack)
{
	uint64_t stub = (uint64_t)trap_stubs[vector];
	bool user = vector == VECTOR_BREAKPOINT || vector == VECTOR_OVERFLOW;

	idt[vector] = (struct idt_gate){
		.offset0 = (uint16_t)stub,
		.selector = SELECTOR_KERNEL_CODE,
		.stack = stack == STACK_KERNEL ? 0 : (uint8_t)(stack + 1),
		.type = user ? 0xee : 0x8e,
		.offset16 = (uint16_t)(stub >> 16),
		.offset32 = (uint32_t)(stub >> 32),
	};
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
	machine->tss.rsp0 = (uint64_t)cpu_stacks[CPU_STACKS];
}

static void tables_load(const struct cpu_machine *machine)
{
	struct table_pointer gdt_pointer = {sizeof(machine->gdt) - 1, machine->gdt};
	struct table_pointer idt_pointer = {sizeof(idt) - 1, idt};

	__asm__ volatile("lgdt %0\n\t"
			 "lidt %1\n\t"
			 "lldt %w2\n\t"
			 "ltr %w3\n\t"
			 "pushq %4\n\t"
			 "leaq 1f(%%rip), %%rax\n\t"
			 "pushq %%rax\n\t"
			 "lretq\n"
			 "1:"
			 :
			 : "m"(gdt_pointer), "m"(idt_pointer), "r"(0), "r"(SELECTOR_TSS), "i"(SELECTOR_KERNEL_CODE)
			 : "rax", "memory");
}

static void control_registers_set(void)
{
	struct cpuid basic = cpuid_read(1, 0);
	struct cpuid extended = cpuid_read(0, 0).eax >= 7 ? cpuid_read(7, 0) : (struct cpuid){0};
	uint32_t cr4 = CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT;

	cr4 |= basic.edx & LEAF1_EDX_MCE ? CR4_MCE : 0;
	cr4 |= basic.edx & LEAF1_EDX_PGE ? CR4_PGE : 0;
	cr4 |= basic.ecx & LEAF1_ECX_XSAVE ? CR4_OSXSAVE : 0;
	cr4 |= extended.ebx & LEAF7_EBX_SMEP ? CR4_SMEP : 0;
	cr4 |= extended.ebx & LEAF7_EBX_SMAP ? CR4_SMAP : 0;
	cr4 |= extended.ecx & LEAF7_ECX_UMIP ? CR4_UMIP : 0;
	cr4_write(cr4);
	cr0_write(CR0_PE_PG | CR0_MP | CR0_NE | CR0_WP);
}

static void syscall_init(void)
{
	msr_write(MSR_STAR, (uint64_t)(SELECTOR_KERNEL_DATA | DPL_USER) << 48 | (uint64_t)SELECTOR_KERNEL_CODE << 32);
	msr_write(MSR_LSTAR, (uint64_t)syscall_entry);
	msr_write(MSR_SFMASK, RFLAGS_TF | RFLAGS_IF | RFLAGS_DF | RFLAGS_IOPL | RFLAGS_NT | RFLAGS_RF | RFLAGS_AC);
	msr_write(MSR_SYSENTER_CS, 0); /* SYSENTER faults */
}

/* The largest set of states, of those that the CPU has, whose standard form fits. */
static void xsave_init(void)
{
	uint32_t offered = cpuid_read(LEAF_XSAVE, 0).eax;

	machine_fpu.features = offered & (XCR0_X87_SSE | XCR0_AVX);
	if ((offered & (XCR0_AVX | XCR0_AVX512)) == (XCR0_AVX | XCR0_AVX512))
		machine_fpu.features |= XCR0_AVX512;
	xcr0_write(machine_fpu.features);
	if (cpuid_read(LEAF_XSAVE, 0).ebx > FPU_SIZE_MAX) {
		machine_fpu.features &= ~XCR0_AVX512;
		xcr0_write(machine_fpu.features);
	}
	machine_fpu.size = cpuid_read(LEAF_XSAVE, 0).ebx;
	machine_fpu.xsave = true;
	machine_fpu.xsaveopt = cpuid_read(LEAF_XSAVE, 1).eax & LEAF_XSAVE_1_EAX_XSAVEOPT;
	PANIC_UNLESS(machine_fpu.size <= FPU_SIZE_MAX, "the FPU state fits a thread");
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

void machine_fpu_init_image(void *image)
{
	memory_zero(image, machine_fpu.size);
	*(uint16_t *)((uint8_t *)image + FXSAVE_FCW) = FCW_RESET;
	*(uint32_t *)((uint8_t *)image + FXSAVE_MXCSR) = MXCSR_RESET;
}

void machine_init_cpu(struct cpu_machine *machine, void *gs_base)
{
	gdt_build(machine);
	tables_load(machine);
	control_registers_set();
	syscall_init();
	msr_write(MSR_GS_BASE, (uint64_t)gs_base);
	msr_write(MSR_KERNEL_GS_BASE, 0);
	msr_write(MSR_FS_BASE, 0);
}

static void nx_require(void)
{
	if (!(cpuid_read(LEAF_EXTENDED, 0).edx & LEAF_EXTENDED_EDX_NX))
		halt("this processor lacks NX, which the kernel needs");
	msr_write(MSR_EFER, msr_read(MSR_EFER) | EFER_SCE | EFER_NXE);
}

_Noreturn void machine_boot(uint32_t magic, uint32_t address)
{
	const struct boot_info *info;

	console_init();
	nx_require();
	info = boot_info_read(magic, address);
	kernel_map_build(info);
	idt_build();
	machine_init_cpu(&cpu_machine[0], &cpu_machine[0]);
	fpu_init();
	apic_init();
	clock_init();
	kernel_main(info);
}
