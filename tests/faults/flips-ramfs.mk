# SPDX-License-Identifier: MIT
#
# The system of files.manifest with a ramfs that begins with a damaged state when the client asks for it.
SYSTEM_BASE_flips-ramfs := tests/faults/files.manifest
SYSTEM_EDIT_flips-ramfs := s,binary servers/ramfs$$,binary tests/faults/flipping-ramfs\n\tneeds region.flip,; s,binary tests/faults/client$$,&\n\tneeds region.flip,
