; SPDX-License-Identifier: MIT
; Register sets before and after an event: see registers.h. Absolute addresses are used while all registers carry values.

bits 64
default abs

; Offsets in struct thread_registers (abi/call.h).
%define RAX 0
%define RBX 8
%define RCX 16
%define RDX 24
%define RSI 32
%define RDI 40
%define RBP 48
%define RSP_ 56
%define R8_ 64
%define R9_ 72
%define R10_ 80
%define R11_ 88
%define R12_ 96
%define R13_ 104
%define R14_ 112
%define R15_ 120
%define RFLAGS 136

%define FAULT_ADDRESS 0x70000000

section .bss
alignb 64
global registers_in, registers_out
registers_in: resb 160
registers_out: resb 160
own_stack: resq 1

section .text

%macro values_load 0
	push rbx
	push rbp
	push r12
	push r13
	push r14
	push r15
	mov [own_stack], rsp
	push qword [registers_in + RFLAGS]
	popfq
	mov rax, [registers_in + RAX]
	mov rbx, [registers_in + RBX]
	mov rcx, [registers_in + RCX]
	mov rdx, [registers_in + RDX]
	mov rsi, [registers_in + RSI]
	mov rdi, [registers_in + RDI]
	mov rbp, [registers_in + RBP]
	mov r8, [registers_in + R8_]
	mov r9, [registers_in + R9_]
	mov r10, [registers_in + R10_]
	mov r11, [registers_in + R11_]
	mov r12, [registers_in + R12_]
	mov r13, [registers_in + R13_]
	mov r14, [registers_in + R14_]
	mov r15, [registers_in + R15_]
	mov rsp, [registers_in + RSP_]
%endmacro

%macro values_store 0
	mov [registers_out + RSP_], rsp
	mov rsp, [own_stack]
	mov [registers_out + RAX], rax
	mov [registers_out + RBX], rbx
	mov [registers_out + RCX], rcx
	mov [registers_out + RDX], rdx
	mov [registers_out + RSI], rsi
	mov [registers_out + RDI], rdi
	mov [registers_out + RBP], rbp
	mov [registers_out + R8_], r8
	mov [registers_out + R9_], r9
	mov [registers_out + R10_], r10
	mov [registers_out + R11_], r11
	mov [registers_out + R12_], r12
	mov [registers_out + R13_], r13
	mov [registers_out + R14_], r14
	mov [registers_out + R15_], r15
	pushfq
	pop qword [registers_out + RFLAGS]
	push 2
	popfq
	pop r15
	pop r14
	pop r13
	pop r12
	pop rbp
	pop rbx
	ret
%endmacro

global registers_syscall
registers_syscall:
	values_load
	syscall
	values_store

global registers_fault
registers_fault:
	values_load
	mov byte [FAULT_ADDRESS], 1
	values_store

global registers_spin, registers_spin_loop, registers_spin_end
registers_spin:
	values_load
registers_spin_loop:
	jmp registers_spin_loop
registers_spin_end:
	values_store

; Offsets in struct fpu_values.
%define FPU_WIDE 0
%define FPU_MXCSR 8
%define FPU_CONTROL 12
%define FPU_X87 16
%define FPU_VECTOR 24

section .bss
alignb 64
global fpu_in, fpu_out
fpu_in: resb 24 + 16 * 32
alignb 64
fpu_out: resb 24 + 16 * 32

section .text

global fpu_load
fpu_load:
	fninit
	fldcw [fpu_in + FPU_CONTROL]
	fild qword [fpu_in + FPU_X87]
	ldmxcsr [fpu_in + FPU_MXCSR]
	cmp qword [fpu_in + FPU_WIDE], 0
	jne .wide
%assign i 0
%rep 16
	movdqu xmm %+ i, [fpu_in + FPU_VECTOR + i * 32]
%assign i i + 1
%endrep
	ret
.wide:
%assign i 0
%rep 16
	vmovdqu ymm %+ i, [fpu_in + FPU_VECTOR + i * 32]
%assign i i + 1
%endrep
	ret

global fpu_store
fpu_store:
	fnstcw [fpu_out + FPU_CONTROL]
	fistp qword [fpu_out + FPU_X87]
	stmxcsr [fpu_out + FPU_MXCSR]
	cmp qword [fpu_in + FPU_WIDE], 0
	jne .wide
%assign i 0
%rep 16
	movdqu [fpu_out + FPU_VECTOR + i * 32], xmm %+ i
%assign i i + 1
%endrep
	ret
.wide:
%assign i 0
%rep 16
	vmovdqu [fpu_out + FPU_VECTOR + i * 32], ymm %+ i
%assign i i + 1
%endrep
	ret

global fpu_has_avx
fpu_has_avx:
	push rbx
	mov eax, 1
	xor ecx, ecx
	cpuid
	and ecx, 0x18000000 ; OSXSAVE and AVX
	xor eax, eax
	cmp ecx, 0x18000000
	sete al
	pop rbx
	ret

section .note.GNU-stack noalloc noexec nowrite progbits
