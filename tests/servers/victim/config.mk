# SPDX-License-Identifier: MIT
SERVICE_SOURCES_victim := tests/servers/files/storm.c
