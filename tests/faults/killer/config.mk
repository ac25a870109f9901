# SPDX-License-Identifier: MIT
# The supervisor of the system, with another main.
SERVICE_SOURCES_killer := $(filter-out servers/supervisor/main.c,$(wildcard servers/supervisor/*.c))
