; SPDX-License-Identifier: MIT
;
; The switch between two stacks (lib/fiber.c). What a C function may expect to find unchanged is saved on the stack that is left and taken from the stack that is entered; the
; rest is lost by the call itself. There is no vector state: user code of this tree uses none.

bits 64
default rel
section .text

global fiber_switch:function
global fiber_entry:function
extern fiber_body

; void fiber_switch(uint64_t **from, uint64_t *to)
fiber_switch:
	push rbp
	push rbx
	push r12
	push r13
	push r14
	push r15
	mov [rdi], rsp
	mov rsp, rsi
	pop r15
	pop r14
	pop r13
	pop r12
	pop rbx
	pop rbp
	ret

; The first return of a new fiber comes here, with the stack aligned to 16 bytes.
fiber_entry:
	xor ebp, ebp		; ends the chain of frames for backtraces
	call fiber_body		; does not return
	ud2

section .note.GNU-stack noalloc noexec nowrite progbits
