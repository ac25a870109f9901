# SPDX-License-Identifier: MIT
SERVICE_SOURCES_power-client := tests/servers/mutator/changes.c
