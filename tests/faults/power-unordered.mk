# SPDX-License-Identifier: MIT
#
# The system of tests/faults/power in which ext2 writes in another order.
SYSTEM_EDIT_power-unordered := s,binary servers/ext2$$,binary tests/faults/ext2-unordered,
