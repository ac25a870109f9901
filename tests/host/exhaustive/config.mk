# SPDX-License-Identifier: MIT
HOST_SOURCES_exhaustive := tests/host/harness/machine.c tests/host/harness/invariants.c
HOST_NO_SANITIZE_exhaustive := 1
