; SPDX-License-Identifier: MIT
; The kernel, as it lies in memory from 2 MiB on.

section .kernel progbits alloc noexec write align=4096
	incbin "kernel.bin"

section .note.GNU-stack noalloc noexec nowrite progbits
