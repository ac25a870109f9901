# SPDX-License-Identifier: MIT
#
# The system of files.manifest with a ramfs that forgets what was stored into leased pages: the client must notice it.
SYSTEM_BASE_forgetful := tests/faults/files.manifest
SYSTEM_EDIT_forgetful := s,binary servers/ramfs$$,binary tests/faults/forgetful-ramfs,
