# SPDX-License-Identifier: MIT
HOST_FUZZ_linux-shim := 1
HOST_NO_CORE_linux-shim := 1
# Without the operands of comparisons, which took half of the time and are of little use to inputs that are choices of a grammar.
HOST_CFLAGS_linux-shim := -fno-sanitize-coverage=trace-cmp -iquote tests/host/linux-shim/stand-in -Ishim/linux-abi -Dmain=service_main
HOST_LDLIBS_linux-shim := -Wl,-T,tests/host/linux-shim/state.ld -Wl,--wrap=fiber_create -Wl,--wrap=frame_allocate
HOST_SOURCES_linux-shim := $(filter-out shim/linux-abi/mm/slab.c shim/linux-abi/syscalls_check.c,$(wildcard shim/linux-abi/*.c shim/linux-abi/*/*.c)) \
	$(addprefix lib/,fiber.c fiber_switch.asm authority.c grants.c file.c file_pages.c file_parked.c file_session.c file_xattr.c format.c memory.c parked.c path.c path_cache.c path_known.c ring.c run_link.c service.c sha256.c slots.c space.c wall.c) \
	$(addprefix tests/fuzz/linux/,generate.c table.c) \
	$(addprefix tests/host/,vfs/system.c ramfs/world.c ramfs/model.c harness/requests.c harness/windows.c) \
	$(filter-out servers/ramfs/main.c,$(wildcard servers/ramfs/*.c)) $(filter-out servers/vfs/main.c servers/vfs/reach.c,$(wildcard servers/vfs/*.c)) \
	$(addprefix lib/,filesystem_server.c filesystem_files.c filesystem_tree.c filesystem_xattr.c filesystem_shares.c leases.c shares.c permission.c tsm.c session.c crc32.c crc32c.c)
