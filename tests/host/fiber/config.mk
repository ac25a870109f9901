# SPDX-License-Identifier: MIT
HOST_SOURCES_fiber := lib/fiber.c lib/fiber_switch.asm
HOST_NO_CORE_fiber := 1
HOST_NO_SANITIZE_fiber := 1
