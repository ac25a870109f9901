; SPDX-License-Identifier: MIT
;
; The first instructions of all: from a firmware loader's 32-bit protected mode to boot_main() in C.
;
; One image serves two ways. GRUB finds the Multiboot2 header (Multiboot2 specification 2.0, section 3.1), `qemu -kernel` the
; PVH note (Xen "x86/HVM direct boot ABI"). Both enter start32 with paging off and flat segments; ebx holds the physical address of
; what the loader has to tell, and eax tells the two apart.
;
; The tables made here are the loader's own; the kernel never sees them. They map the first 4 GiB of physical memory three times: where it
; is (for the jump), at DIRECT_MAP_BASE (the information can lie anywhere below 4 GiB), and its first GiB at KERNEL_BASE (the loader, and
; the kernel where it will run). All of it is writable and executable. kernel_map_build() replaces the second by the final direct map.

%define PHYSICAL(symbol) ((symbol) - 0xffffffff80000000)

MULTIBOOT2_MAGIC        equ 0xe85250d6
ENTRY_TABLE             equ 0x3                 ; present, writable
ENTRY_LARGE_PAGE        equ 0x83
BOOT_DIRECTORIES        equ 4                   ; page directories, one for each GiB

CPU_STACKS_BYTES        equ 0x10000             ; boot/processor.c asserts it

extern boot_main, boot_tsc, cpu_stacks

section .multiboot2 progbits alloc noexec nowrite align=8
multiboot2_header:
	dd MULTIBOOT2_MAGIC, 0, multiboot2_end - multiboot2_header
	dd 0x100000000 - (MULTIBOOT2_MAGIC + multiboot2_end - multiboot2_header)
	dw 5, 1                                 ; a framebuffer, if there can be one
	dd 20, 1024, 768, 32
	align 8
	dw 6, 0, 8, 0                           ; modules page-aligned
	dw 0, 0, 8, 0                           ; end
multiboot2_end:

section .note.pvh note alloc noexec nowrite align=4
	dd 4, 4, 18                             ; name, descriptor, XEN_ELFNOTE_PHYS32_ENTRY
	db "Xen", 0
	dd PHYSICAL(start32)

section .text
bits 32
global start32
start32:
	cli
	cld
	mov edi, eax                            ; boot_main's arguments: magic,
	mov esi, ebx                            ; and where the information is
	rdtsc
	mov [PHYSICAL(boot_tsc)], eax
	mov [PHYSICAL(boot_tsc) + 4], edx

	mov eax, 0x20                           ; PAE
	mov cr4, eax
	mov eax, PHYSICAL(boot_root)
	mov cr3, eax
	mov ecx, 0xc0000080                     ; EFER:
	mov eax, 0x100                          ; LME
	xor edx, edx
	wrmsr
	mov eax, 0x80000001                     ; PE, PG
	mov cr0, eax
	lgdt [PHYSICAL(boot_gdt_pointer)]
	jmp 8:PHYSICAL(start64)

bits 64
start64:
	mov rax, start_high
	jmp rax
start_high:
	xor eax, eax                            ; the loader's data segments are not in this GDT
	mov ds, eax
	mov es, eax
	mov fs, eax
	mov gs, eax
	mov ss, eax
	mov rsp, cpu_stacks + CPU_STACKS_BYTES
	xor ebp, ebp                            ; ends every backtrace
	call boot_main

section .rodata
align 8
boot_gdt:
	dq 0, 0x00af9b000000ffff                ; 64-bit code, ring 0
boot_gdt_pointer:
	dw 15
	dd PHYSICAL(boot_gdt)

section .data
align 4096
global boot_root, boot_pointers
boot_root:
	dq PHYSICAL(boot_pointers) + ENTRY_TABLE
	times 255 dq 0
	dq PHYSICAL(boot_pointers) + ENTRY_TABLE
	times 254 dq 0
	dq PHYSICAL(boot_pointers) + ENTRY_TABLE
boot_pointers:
%assign directory 0
%rep BOOT_DIRECTORIES
	dq PHYSICAL(boot_directories) + directory * 4096 + ENTRY_TABLE
%assign directory directory + 1
%endrep
	times 510 - BOOT_DIRECTORIES dq 0
	dq PHYSICAL(boot_directories) + ENTRY_TABLE, 0
boot_directories:
%assign page 0
%rep BOOT_DIRECTORIES * 512
	dq page * 0x200000 + ENTRY_LARGE_PAGE
%assign page page + 1
%endrep

section .note.GNU-stack noalloc noexec nowrite progbits
