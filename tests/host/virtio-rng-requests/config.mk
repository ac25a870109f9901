# SPDX-License-Identifier: MIT
HOST_FUZZ_virtio-rng-requests := 1
HOST_SERVICE_virtio-rng-requests := 1
HOST_SOURCES_virtio-rng-requests := $(wildcard drivers/virtio/rng/*.c drivers/virtio/core/*.c) $(addprefix drivers/virtio/,claim.c driver.c pci.c) $(addprefix tests/host/,harness/virtio_world.c virtio/device.c)
