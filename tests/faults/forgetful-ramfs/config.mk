# SPDX-License-Identifier: MIT
# ramfs with a planted fault, in its main.
SERVICE_SOURCES_forgetful-ramfs := $(filter-out servers/ramfs/main.c,$(wildcard servers/ramfs/*.c))
