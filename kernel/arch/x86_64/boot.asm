; SPDX-License-Identifier: MIT
;
; The first instructions of the kernel: from a loader's 32-bit protected mode to machine_boot() in C.
;
; One image serves two loaders. GRUB finds the Multiboot2 header (Multiboot2 specification 2.0, section 3.1), `qemu -kernel` the
; PVH note (Xen "x86/HVM direct boot ABI"). Both enter start32 with paging off and flat segments; ebx holds the physical address of
; what the loader has to tell, and eax tells the two apart.
;
; The tables made here live only until kernel_map_build() has made the final ones. They map the first 4 GiB of physical memory
; three times: where it is (for the jump), at DIRECT_MAP_BASE (the loader's information can lie anywhere below 4 GiB), and its first
; GiB at KERNEL_BASE (the kernel itself). All of it is writable and executable, and nothing but machine_boot() runs on it.

%define PHYSICAL(symbol) ((symbol) - 0xffffffff80000000)

MULTIBOOT2_MAGIC        equ 0xe85250d6
ENTRY_TABLE             equ 0x3                 ; present, writable
ENTRY_LARGE_PAGE        equ 0x83
BOOT_DIRECTORIES        equ 4                   ; page directories, one for each GiB

extern machine_boot, machine_boot_tsc, cpu_stacks_end

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
	mov edi, eax                            ; machine_boot's arguments: magic,
	mov esi, ebx                            ; and the loader's information
	rdtsc
	mov [PHYSICAL(machine_boot_tsc)], eax
	mov [PHYSICAL(machine_boot_tsc) + 4], edx

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
	mov rsp, cpu_stacks_end
	xor ebp, ebp                            ; ends every backtrace
	call machine_boot

section .rodata
align 8
boot_gdt:
	dq 0, 0x00af9b000000ffff                ; 64-bit code, ring 0
boot_gdt_pointer:
	dw 15
	dd PHYSICAL(boot_gdt)

section .data
align 4096
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
