# SPDX-License-Identifier: MIT
# The real one, but for the entry.
SERVICE_SOURCES_brittle-blk := drivers/virtio/blk/disk.c $(virtio_sources)
