# SPDX-License-Identifier: MIT
#
# The system of disk.manifest with an ext2 that begins with a damaged state when the client asks for it.
SYSTEM_BASE_flips-ext2 := tests/faults/disk.manifest
SYSTEM_EDIT_flips-ext2 := s,binary servers/ext2$$,binary tests/faults/flipping-ext2\n\tneeds region.flip,; s,binary tests/faults/client$$,&\n\tneeds region.flip,
