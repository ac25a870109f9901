# SPDX-License-Identifier: MIT
HOST_SOURCES_ext2-holds = tests/host/ext2-pages/rig.c lib/fiber.c lib/fiber_switch.asm $(HOST_SOURCES_ext2-pages)
HOST_NO_CORE_ext2-holds := 1
HOST_NO_SANITIZE_ext2-holds := 1
