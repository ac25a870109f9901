# SPDX-License-Identifier: MIT
HOST_NO_CORE_virtio := 1
HOST_SOURCES_virtio := $(wildcard drivers/virtio/core/*.c) drivers/virtio/pci.c drivers/virtio/blk/disk.c drivers/virtio/rng/pool.c drivers/virtio/console/port.c lib/ring.c lib/block.c
