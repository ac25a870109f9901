# SPDX-License-Identifier: MIT
HOST_FUZZ_virtio-blk-requests := 1
HOST_SERVICE_virtio-blk-requests := 1
HOST_SOURCES_virtio-blk-requests := $(wildcard drivers/virtio/blk/*.c drivers/virtio/core/*.c) $(addprefix drivers/virtio/,claim.c pci.c) $(addprefix tests/host/,harness/virtio_world.c virtio/device.c) lib/ring.c
