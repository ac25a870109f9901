# SPDX-License-Identifier: MIT
HOST_FUZZ_pci-requests := 1
HOST_SERVICE_pci-requests := 1
HOST_SOURCES_pci-requests := $(wildcard drivers/pci/*.c) $(addprefix lib/,crc32c.c tsm.c) tests/host/harness/service_memory.c tests/host/pci/fake.c
