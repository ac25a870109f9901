# SPDX-License-Identifier: MIT
HOST_SOURCES_lib := tests/host/harness/machine.c $(addprefix lib/,elf.c ring.c sha256.c format.c slots.c)
