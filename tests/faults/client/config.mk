# SPDX-License-Identifier: MIT
# Its thread with shared pages is that of the tests of leases.
SERVICE_SOURCES_client := tests/servers/leases/toucher.c
