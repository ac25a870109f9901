; SPDX-License-Identifier: MIT
; The vDSO's ELF file, as vdso/vdso.c copies it into the page that all processes have.

section .rodata
global vdso_image, vdso_image_end
vdso_image:
	incbin "vdso.so"
vdso_image_end:

section .note.GNU-stack noalloc noexec nowrite progbits
