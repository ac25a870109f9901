# SPDX-License-Identifier: MIT
HOST_NO_CORE_virtio-fuzz := 1
HOST_FUZZ_virtio-fuzz := 1
HOST_SOURCES_virtio-fuzz := tests/host/virtio/device.c $(wildcard drivers/virtio/core/*.c) drivers/virtio/pci.c drivers/virtio/blk/disk.c lib/ring.c
