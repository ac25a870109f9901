# SPDX-License-Identifier: MIT
SERVICE_SOURCES_hung-disk-client := tests/servers/files/storm.c
