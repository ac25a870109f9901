# SPDX-License-Identifier: MIT
"""Debian's cloud kernel with the distribution's root filesystem, in QEMU, where a test runs a script: what the same image does on Linux.

The guest's root is a copy that the caller has made, on /dev/vda; a second image, if there is one, is at /mnt/share, where tools/kozo-run has it on Kozo. The script starts with the environment that tools/kozo-run gives a program, in a session
of its own. What it wrote is in the images when the machine has ended.
"""

import os
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tools"))
sys.dont_write_bytecode = True
import debian_kernel  # pylint: disable=wrong-import-position
import debian_package  # pylint: disable=wrong-import-position

MODULES = ["virtio_ring", "virtio", "virtio_pci_modern_dev", "virtio_pci_legacy_dev", "virtio_pci", "virtio_blk"]
SHARE = "/mnt/share"
CPU = "max,la57=off"  # page tables of four levels, as Kozo's: with five, programs have more addresses
# The first process: finds the disks, and has the script run in the first of them.
FIRST = """#!/bin/busybox sh
for module in /modules/*; do /bin/busybox insmod $module; done
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox mount -t ext4 /dev/vda /root
/bin/busybox mount -t proc proc /root/proc
/bin/busybox mount -t devtmpfs dev /root/dev
/bin/busybox mkdir -p /root/dev/pts /root/dev/shm
/bin/busybox mount -t devpts devpts /root/dev/pts
/bin/busybox mount -t tmpfs tmpfs /root/dev/shm
[ ! -b /dev/vdb ] || /bin/busybox mount -t ext4 /dev/vdb /root{share}
cd /root
/bin/busybox env -i PATH=/sbin:/usr/sbin:/bin:/usr/bin HOME=/root USER=root TERM=dumb /bin/busybox chroot /root /usr/bin/setsid /bin/sh {script}
[ ! -b /dev/vdb ] || /bin/busybox umount /root{share}
/bin/busybox umount /root/dev/pts /root/dev/shm /root/dev /root/proc
cd /
/bin/busybox umount /root
/bin/busybox poweroff -f
"""


def archive_make(path, kernel, script):
    """The initramfs: the modules, and the first process of Debian's busybox."""
    modules = [(f"modules/{index}-{name}.ko", 0o100644, kernel.module(name)) for index, name in enumerate(MODULES)]
    places = [(name, 0o40755, b"") for name in ("bin", "dev", "modules", "root")]
    first = FIRST.format(share=SHARE, script=script).encode()
    debian_kernel.archive_write(path, places + modules + [("bin/busybox", 0o100755, "/bin/busybox"), ("init", 0o100755, first)])


def script_run(image, script, patience, share=None, memory=512, words=""):
    """Runs a script by its path in the guest, which has so many MiB and these words more on its command line. It does not test its timer at the start, which fails on a machine that is busy. Raises PackageError when the machine did not come to its
    end within so many seconds."""
    kernel = debian_kernel.Kernel()
    with tempfile.TemporaryDirectory(prefix="kozo-linux-") as directory:
        archive = os.path.join(directory, "initramfs")
        archive_make(archive, kernel, script)
        disks = [word for disk in (image, share) if disk for word in ("--disk", disk)]
        result = subprocess.run([f"{TOP}/tools/run-qemu", "--kernel", kernel.path, "--boot", archive, "--append", f"console=ttyS0 quiet panic=-1 no_timer_check {words}".rstrip(), "--cpu", CPU, *disks, "--mem", str(memory), "--timeout", str(patience), "--ends", "off"],
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False)
    if result.returncode:
        raise debian_package.PackageError(f"{result.stdout[-2000:]}\nLinux did not come to its end")
