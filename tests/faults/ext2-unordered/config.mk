# SPDX-License-Identifier: MIT
# ext2 with a planted fault, in place of its order.c.
SERVICE_SOURCES_ext2-unordered := $(filter-out servers/ext2/order.c,$(wildcard servers/ext2/*.c))
