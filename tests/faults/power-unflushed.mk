# SPDX-License-Identifier: MIT
#
# The system of tests/faults/power in which ext2 does not flush.
SYSTEM_EDIT_power-unflushed := s,binary servers/ext2$$,binary tests/faults/ext2-unflushed,
