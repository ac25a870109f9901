# SPDX-License-Identifier: MIT
SYSTEM_EDIT_power-unordered := s,binary servers/ext2$$,binary tests/faults/ext2-unordered,
