# SPDX-License-Identifier: MIT
"""Unplugging a PCI device of a running machine of QEMU from one instruction to the next.

QEMU unplugs a device when the guest agrees, by a register that ACPI's code would write. Kozo knows nothing of that: we write it, by QEMU's monitor.
"""

import contextlib
import json
import re
import socket

# Hot-plug registers of QEMU's ICH9 (docs/specs/acpi_pci_hotplug.rst): slots that are to be unplugged, slots to eject, and the bus that both are about.
DOWN, EJECT, SELECT = 0xcc4, 0xcc8, 0xcd0
BUSES = 8  # at most


class Monitor:
    """QEMU's QMP monitor."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.stream = self.socket.makefile("rw", encoding="utf-8")
        self.stream.readline()
        self.command("qmp_capabilities")

    def exchange(self, name, **words):
        self.stream.write(json.dumps({"execute": name, "arguments": words}) + "\n")
        self.stream.flush()
        answer = json.loads(self.stream.readline())
        while "return" not in answer and "error" not in answer:  # events
            answer = json.loads(self.stream.readline())
        return answer

    def command(self, name, **words):
        answer = self.exchange(name, **words)
        if "error" in answer:
            raise SystemExit(f"QEMU: {answer}")
        return answer["return"]

    def human(self, line):
        return self.command("human-monitor-command", **{"command-line": line})

    def unplug(self, device):
        """Asks for it, by id or path, and agrees in the guest's place, while the machine stands still: a device that is at work when it goes can take QEMU 7.2 with it. Whether the device is gone."""
        self.command("stop")
        self.command("device_del", id=device)
        for bus in range(BUSES):
            self.human(f"o /w {SELECT:#x} {bus}")
            slots = int(re.search(r"= (0x[0-9a-f]+)", self.human(f"i /w {DOWN:#x}"))[1], 16)
            if slots:
                self.human(f"o /w {EJECT:#x} {slots:#x}")
        path = device if device.startswith("/") else f"/machine/peripheral/{device}"
        gone = "error" in self.exchange("qom-list", path=path)
        with contextlib.suppress(ConnectionError, json.JSONDecodeError):
            self.command("cont")  # the guest may see it, and end the machine, before we have the answer
        return gone

    def devices(self, kind):
        """The paths of the devices of that type that have no name, for unplug()."""
        for path in re.findall(r"device\[\d+\]", self.human("qom-list /machine/peripheral-anon")):
            path = f"/machine/peripheral-anon/{path}"
            if self.command("qom-get", path=path, property="type") == kind:
                yield path

    def device_of(self, drive):
        """The path of the virtio disk with this drive."""
        for path in self.devices("virtio-blk-pci"):
            if self.command("qom-get", path=path, property="drive") == drive:
                return path
        raise SystemExit(f"QEMU: no disk has the drive {drive}")
