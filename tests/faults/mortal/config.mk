# SPDX-License-Identifier: MIT
# A client that ends itself: it shares with the others what reads options and talks to the killer.
SERVICE_SOURCES_mortal := tests/faults/client/asks.c tests/faults/client/options.c
