# SPDX-License-Identifier: MIT
HOST_SOURCES_supervisor := servers/supervisor/policy.c lib/watch.c
HOST_NO_CORE_supervisor := 1
