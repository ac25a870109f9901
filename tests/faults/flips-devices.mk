# SPDX-License-Identifier: MIT
#
# The system of devices.manifest with services that begin with a damaged state when the client asks for it.
SYSTEM_BASE_flips-devices := tests/faults/devices.manifest
SYSTEM_EDIT_flips-devices := s,binary servers/axiom$$,binary tests/faults/flipping-axiom\n\tneeds region.flip,; s,binary drivers/serial$$,binary tests/faults/flipping-serial\n\tneeds region.flip,; s,binary servers/platform$$,binary tests/faults/flipping-platform\n\tneeds region.flip,; s,binary drivers/pci$$,binary tests/faults/flipping-pci\n\tneeds region.flip,; s,binary tests/faults/client$$,&\n\tneeds region.flip,
