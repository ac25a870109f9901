; SPDX-License-Identifier: MIT
;
; Entries from user mode and the way back.
;
; Registers are saved straight into the current Thread's struct frame (kernel/thread.h): on a trap the processor itself begins, because TSS.rsp0 is the top of the
; frame; `syscall` does it by hand. C then runs on the CPU's one kernel stack. It may change which thread is current; the exit loads that one's frame.
;
; A trap in kernel mode is an interrupt that came through a window (interrupts_poll, interrupts_wait), which is only noted, or the end (trap_fatal).

%include "kernel/arch/x86_64/entry.inc"

extern syscall_handle, trap_handle, trap_fatal

section .text
bits 64

; Store (or load) all general registers but rsp, with the frame's address in %2.
%macro registers_move 2
%ifidn %1, store
	%define MOVE(offset, register) mov [%2 + offset], register
%else
	%define MOVE(offset, register) mov register, [%2 + offset]
%endif
	MOVE(FRAME_MESSAGE + 0, rdx)
	MOVE(FRAME_MESSAGE + 8, r10)
	MOVE(FRAME_MESSAGE + 16, r8)
	MOVE(FRAME_MESSAGE + 24, r9)
	MOVE(FRAME_MESSAGE + 32, rbx)
	MOVE(FRAME_MESSAGE + 40, rbp)
	MOVE(FRAME_MESSAGE + 48, r13)
	MOVE(FRAME_MESSAGE + 56, r14)
	MOVE(FRAME_RAX, rax)
	MOVE(FRAME_RDI, rdi)
	MOVE(FRAME_RSI, rsi)
	MOVE(FRAME_R12, r12)
	MOVE(FRAME_R15, r15)
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
	registers_move store, rsp
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
	registers_move load, rsp
	mov rsp, [rsp + FRAME_RSP]
	swapgs
	o64 sysret
.whole:
	registers_move load, rsp
	mov r11, [rsp + FRAME_R11]
	mov rcx, [rsp + FRAME_RCX]
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
	registers_move store, rsp
	mov [rsp + FRAME_R11], r11
	mov [rsp + FRAME_RCX], rcx
	mov rdi, rsp
	mov rsp, [gs:CPU_STACK]
	call trap_handle

trap_in_kernel:
	cmp qword [rsp], VECTOR_FIRST_INTERRUPT
	jb trap_final
	push rax
	mov rax, [rsp + 8]
	bts [gs:CPU_PENDING], rax
	pop rax
	add rsp, 16                             ; vector and error code
	iretq

; NMI, double fault, machine check (on stacks of their own) and faults of the kernel: no way back, and GS may be the user's.
trap_final:
	cld
	sub rsp, FRAME_VECTOR - FRAME_MESSAGE
	registers_move store, rsp - FRAME_MESSAGE
	mov [rsp + FRAME_R11 - FRAME_MESSAGE], r11
	mov [rsp + FRAME_RCX - FRAME_MESSAGE], rcx
	mov rdi, rsp
	and rsp, -16
	call trap_fatal

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
