# SPDX-License-Identifier: MIT
HOST_NO_CORE_run-link := 1
HOST_SOURCES_run-link := lib/run_link.c lib/crc32.c
HOST_LDLIBS_run-link := -lz
