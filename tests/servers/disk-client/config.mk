# SPDX-License-Identifier: MIT
SERVICE_SOURCES_disk-client := tests/servers/files/storm.c
