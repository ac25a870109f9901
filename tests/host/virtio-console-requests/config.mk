# SPDX-License-Identifier: MIT
HOST_FUZZ_virtio-console-requests := 1
HOST_SERVICE_virtio-console-requests := 1
HOST_SOURCES_virtio-console-requests := $(wildcard drivers/virtio/console/*.c drivers/virtio/core/*.c) $(addprefix drivers/virtio/,claim.c driver.c pci.c) $(addprefix tests/host/,harness/virtio_world.c virtio/device.c) \
	$(addprefix tests/host/,harness/serial_clients.c) $(addprefix lib/,ring.c serial_session.c)
