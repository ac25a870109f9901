; SPDX-License-Identifier: MIT
;
; Entries from user mode and the way back.
;
; Registers are saved straight into the current Thread's struct frame (kernel/thread.h): on a trap the processor itself begins, because TSS.rsp0 is the top of the
; frame; `syscall` does it by hand. C then runs on the CPU's one kernel stack. It may change which thread is current; the exit loads that one's frame.
;
; A trap in kernel mode is an interrupt of the idle loop (schedule.c), which it ends, or the end of the kernel (panic).

extern syscall_handle, trap_handle, panic

; Offsets in struct cpu and struct thread; cpu.h asserts them.
CPU_CURRENT             equ 8
CPU_USER_STACK          equ 16
CPU_STACK               equ 24
FRAME                   equ 400
FRAME_VECTOR            equ FRAME + 120
FRAME_RIP               equ FRAME + 136
FRAME_RFLAGS            equ FRAME + 152
FRAME_RSP               equ FRAME + 160

TRAP_CS                 equ 24                  ; above vector, error code and RIP
VECTOR_SYSCALL          equ 0x100
VECTOR_FIRST_INTERRUPT  equ 32

section .text
bits 64

; The general registers but rsp, as struct frame begins; then those that `syscall` loses.
%define REGISTERS rdx, r10, r8, r9, rbx, rbp, r13, r14, rax, rdi, rsi, r12, r15
%define REGISTERS_ALL REGISTERS, r11, rcx

; registers_move store | load, address, register...: the registers to (or from) the words at the address.
%macro registers_move 3-*
%define direction %1
%define address %2
%assign offset 0
%rotate 2
%rep %0 - 2
%ifidn direction, store
	mov [address + offset], %1
%else
	mov %1, [address + offset]
%endif
%assign offset offset + 8
%rotate 1
%endrep
%endmacro

global syscall_entry
syscall_entry:
	swapgs
	mov [gs:CPU_USER_STACK], rsp
	mov rsp, [gs:CPU_CURRENT]
	mov [rsp + FRAME_RIP], rcx
	mov [rsp + FRAME_RFLAGS], r11
	mov rcx, [gs:CPU_USER_STACK]
	mov [rsp + FRAME_RSP], rcx
	mov qword [rsp + FRAME_VECTOR], VECTOR_SYSCALL
	registers_move store, rsp + FRAME, REGISTERS
	mov rdi, rsp
	mov rsp, [gs:CPU_STACK]
	call syscall_handle                     ; which ends in thread_resume_current, as trap_handle does

; Go on with whoever is current.
global thread_resume_current
thread_resume_current:
	mov rsp, [gs:CPU_CURRENT]
	cmp qword [rsp + FRAME_VECTOR], VECTOR_SYSCALL
	jne .whole
	mov rcx, [rsp + FRAME_RIP]
	mov r11, [rsp + FRAME_RFLAGS]
	registers_move load, rsp + FRAME, REGISTERS
	mov rsp, [rsp + FRAME_RSP]
	swapgs
	o64 sysret
.whole:
	registers_move load, rsp + FRAME, REGISTERS_ALL
	add rsp, FRAME_RIP
	swapgs
	iretq

; All traps: the stack holds vector, error code (0 where the processor gives none) and what the processor pushed.
trap_entry:
	test byte [rsp + TRAP_CS], 3
	jz trap_in_kernel
	cld
	swapgs
	sub rsp, FRAME_VECTOR                  ; the start of the Thread
	registers_move store, rsp + FRAME, REGISTERS_ALL
	mov rdi, rsp
	mov rsp, [gs:CPU_STACK]
	call trap_handle

trap_in_kernel:
	cmp qword [rsp], VECTOR_FIRST_INTERRUPT
	jb trap_final
	mov rdi, [gs:CPU_CURRENT]
	pop qword [rdi + FRAME_VECTOR]
	mov rsp, [gs:CPU_STACK]
	call trap_handle                        ; nothing is left to do in the idle loop

; NMI, double fault, machine check (on stacks of their own) and faults of the kernel: no way back, and GS may be the user's.
trap_final:
	cld
	sub rsp, FRAME_VECTOR - FRAME           ; the start of a struct frame
	registers_move store, rsp, REGISTERS_ALL
	mov rdi, rsp
	and rsp, -16
	call panic

; One stub of 16 bytes for each vector; the IDT points at them.
align 16
global trap_stubs
trap_stubs:
%assign vector 0
%rep 256
	align 16
%if !(vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21 || vector == 29 || vector == 30)
	push 0
%endif
	push vector
%if vector == 2 || vector == 8 || vector == 18
	jmp trap_final
%else
	jmp trap_entry
%endif
%assign vector vector + 1
%endrep
	align 16

section .note.GNU-stack noalloc noexec nowrite progbits
