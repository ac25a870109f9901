# SPDX-License-Identifier: MIT
HOST_NO_CORE_linux-files := 1
HOST_CFLAGS_linux-files := -Itests/host/linux-files/stand-in -Ishim/linux-abi
HOST_SOURCES_linux-files := $(addprefix shim/linux-abi/,file/ring.c file/packets.c file/lock_list.c file/descriptors.c mm/slab.c)
