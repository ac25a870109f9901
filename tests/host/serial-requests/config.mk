# SPDX-License-Identifier: MIT
HOST_FUZZ_serial-requests := 1
HOST_SERVICE_serial-requests := 1
HOST_SOURCES_serial-requests := $(wildcard drivers/serial/*.c) $(addprefix tests/host/,harness/serial_clients.c serial/port.c) $(addprefix lib/,ring.c serial_session.c)
