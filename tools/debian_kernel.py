# SPDX-License-Identifier: MIT
"""Debian's cloud kernel, the Linux that Kozo is compared with: fetched from Debian's archive by apt, which checks its signature, kept below $BUILD/debian, and started by tools/run-qemu with an initramfs that is made here."""

import glob
import os
import re

from debian_package import PackageError, run

PACKAGE = "linux-image-cloud-amd64"  # depends on the current kernel's package
TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def package_name():
    """The package of the current cloud kernel."""
    depends = run("apt-cache", "depends", PACKAGE)
    name = re.search(r"Depends: (linux-image-\S+-cloud-amd64)", depends)
    if not name:
        raise PackageError(f"apt knows no {PACKAGE} (apt-get update?)")
    return name[1]


def package_fetch(directory):
    """Downloads that package, unless one is there already; returns its path."""
    os.makedirs(directory, exist_ok=True)
    found = sorted(glob.glob(f"{directory}/linux-image-*.deb"))
    if not found:
        run("apt-get", "download", "-q", package_name(), cwd=directory)
        found = glob.glob(f"{directory}/linux-image-*.deb")
    return found[-1]


class Kernel:
    """The kernel of a package, unpacked in a directory: by default the current one, in $BUILD/debian."""

    def __init__(self, directory=None, package=None):
        directory = directory or os.path.join(os.path.abspath(os.environ.get("BUILD") or os.path.join(TOP, "build")), "debian")
        package = package or package_fetch(directory)
        self.name = os.path.basename(package).removesuffix(".deb")
        self.directory = os.path.join(directory, self.name)
        self.path = f"{self.directory}/kernel.elf"
        if not os.path.exists(self.path):
            self.unpack(package)

    def unpack(self, package):
        run("dpkg", "-x", package, self.directory)
        image, = glob.glob(f"{self.directory}/boot/vmlinuz-*")
        for link in (f"{self.directory}/boot.elf", self.path):  # tools/run-qemu boots the loader beside the kernel: here both are one
            os.symlink(image, link)

    def module(self, name):
        path, = glob.glob(f"{self.directory}/lib/modules/*/kernel/**/{name}.ko", recursive=True)
        return path


def archive_entry(name, mode, data=b""):
    """A file of a cpio archive of the kind newc (cpio(5))."""
    path = name.encode() + b"\0"
    fields = [0, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(path), 0]
    entry = b"070701" + b"".join(b"%08x" % field for field in fields) + path
    entry += bytes(-len(entry) % 4) + data
    return entry + bytes(-len(entry) % 4)


def archive_write(path, entries):
    """An initramfs of entries (name, mode with type, contents or the path of a file of the host)."""
    with open(path, "wb") as archive:
        for name, mode, contents in entries:
            if isinstance(contents, str):
                with open(contents, "rb") as file:
                    contents = file.read()
            archive.write(archive_entry(name, mode, contents))
        archive.write(archive_entry("TRAILER!!!", 0))
