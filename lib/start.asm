; SPDX-License-Identifier: MIT
; The first instructions of a service. init starts it with rdi = the address of its start page and the GS base at START_THREAD_ADDRESS, where lib/user.ld puts
; the thread block; the stack lies right below that.

bits 64
default rel
section .text.entry

extern service_start
extern init_stack_top

global _service_start:function
_service_start:
	lea rsp, [init_stack_top]
	xor ebp, ebp		; ends the chain of frames for backtraces
	call service_start	; does not return
	ud2

align 32
service_spin:			; START_SPIN_OFFSET (abi/start.h)
	jmp service_spin
%if service_spin - _service_start != 32
%error "the loop is not where abi/start.h says"
%endif

section .note.GNU-stack noalloc noexec nowrite progbits
