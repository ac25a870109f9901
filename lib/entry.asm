; SPDX-License-Identifier: MIT
; The first instructions of init. The kernel starts it with rsp = 0, rdi = the address of struct boot_information and the GS base at
; INIT_THREAD_ADDRESS, where lib/user.ld puts the thread block; the stack lies right below that.

bits 64
default rel
section .text.entry

extern runtime_start
extern init_stack_top

global _start:function
_start:
	lea rsp, [init_stack_top]
	xor ebp, ebp		; ends the chain of frames for backtraces
	call runtime_start	; does not return
	ud2

section .note.GNU-stack noalloc noexec nowrite progbits
