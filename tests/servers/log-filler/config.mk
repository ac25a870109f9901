# SPDX-License-Identifier: MIT
SERVICE_SOURCES_log-filler := tests/servers/mutator/changes.c
