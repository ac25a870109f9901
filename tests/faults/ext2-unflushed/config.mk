# SPDX-License-Identifier: MIT
# ext2 with a planted fault, in place of its flush.c.
SERVICE_SOURCES_ext2-unflushed := $(filter-out servers/ext2/flush.c,$(wildcard servers/ext2/*.c))
