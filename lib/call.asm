; SPDX-License-Identifier: MIT
; The general stub of the kernel call: enum error kernel_call(struct kernel_call *call), lib/call.h.
; Loads every register of the call from the structure and stores every result there; keeps what the C calling convention wants kept.

bits 64
default rel
section .text

AT_WORD equ 0
AT_TARGET equ 8
AT_SOURCE equ 16
AT_REPLY equ 24
AT_DEADLINE equ 32
AT_DATA equ 40

global kernel_call:function
kernel_call:
	push rbp
	push rbx
	push r12
	push r13
	push r14
	push r15
	push rdi
	mov rax, [rdi + AT_WORD]
	mov rsi, [rdi + AT_SOURCE]
	mov r12, [rdi + AT_REPLY]
	mov r15, [rdi + AT_DEADLINE]
	mov rdx, [rdi + AT_DATA]
	mov r10, [rdi + AT_DATA + 8]
	mov r8, [rdi + AT_DATA + 16]
	mov r9, [rdi + AT_DATA + 24]
	mov rbx, [rdi + AT_DATA + 32]
	mov rbp, [rdi + AT_DATA + 40]
	mov r13, [rdi + AT_DATA + 48]
	mov r14, [rdi + AT_DATA + 56]
	mov rdi, [rdi + AT_TARGET]
	syscall
	pop rcx
	mov [rcx + AT_WORD], rax
	mov [rcx + AT_TARGET], rdi
	mov [rcx + AT_DATA], rdx
	mov [rcx + AT_DATA + 8], r10
	mov [rcx + AT_DATA + 16], r8
	mov [rcx + AT_DATA + 24], r9
	mov [rcx + AT_DATA + 32], rbx
	mov [rcx + AT_DATA + 40], rbp
	mov [rcx + AT_DATA + 48], r13
	mov [rcx + AT_DATA + 56], r14
	movzx eax, al
	pop r15
	pop r14
	pop r13
	pop r12
	pop rbx
	pop rbp
	ret

section .note.GNU-stack noalloc noexec nowrite progbits
