# SPDX-License-Identifier: MIT
HOST_SOURCES_tsm-channel := lib/tsm_channel.c
HOST_NO_CORE_tsm-channel := 1
HOST_LDLIBS_tsm-channel := -lpthread
