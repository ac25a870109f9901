# SPDX-License-Identifier: MIT
HOST_NO_CORE_serial := 1
HOST_SOURCES_serial := drivers/serial/uart.c drivers/serial/lines.c lib/ring.c
