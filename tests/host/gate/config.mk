# SPDX-License-Identifier: MIT
HOST_FUZZ_gate := 1
HOST_CFLAGS_gate := -DDEBUG -DMODEL_CAPABILITIES=127
HOST_SOURCES_gate := $(addprefix tests/host/,harness/machine.c harness/invariants.c exhaustive/model.c exhaustive/methods.c exhaustive/compare.c exhaustive/operate.c exhaustive/systems.c)
