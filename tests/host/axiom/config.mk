# SPDX-License-Identifier: MIT
HOST_SOURCES_axiom := servers/axiom/journal.c tools/replay/medium.c tools/replay/records.c tools/replay/witness.c $(addprefix lib/,chain.c crc32c.c sha256.c tsm.c)
HOST_NO_CORE_axiom := 1
