# SPDX-License-Identifier: MIT
#
# The system of files.manifest with a vfs that begins with a damaged state when the client asks for it.
SYSTEM_BASE_flips-vfs := tests/faults/files.manifest
SYSTEM_EDIT_flips-vfs := s,binary servers/vfs$$,binary tests/faults/flipping-vfs\n\tneeds region.flip,; s,binary tests/faults/client$$,&\n\tneeds region.flip,
