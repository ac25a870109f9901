# SPDX-License-Identifier: MIT
HOST_FUZZ_axiom-requests := 1
HOST_SERVICE_axiom-requests := 1
HOST_SOURCES_axiom-requests := $(wildcard servers/axiom/*.c) $(addprefix lib/,block.c block_session.c chain.c crc32c.c ring.c sha256.c tsm.c)
