# SPDX-License-Identifier: MIT
"""A directory of the host as a disk for the guest: packed into an ext2 image before the machine starts, and written back after it has ended, however it ended.

What the guest made of the image is data of a stranger: it is read by e2fsprogs into a directory of our own, and goes from there into the host's directory by descriptors of directories that are never symbolic links. So
nothing is ever written outside of it. Devices, sockets and set-user-ID bits stay behind.
"""

import contextlib
import filecmp
import os
import re
import secrets
import shutil
import stat
import tempfile

import ext2_image

PROGRAM_DIRECTORY = ".kozo-run"
OURS = {os.fsencode(PROGRAM_DIRECTORY), b"lost+found"}
ROOM_MIB = 512  # for what the guest writes; what is not used takes no room on the host
INODES_MORE = 16384
MODES = 0o777 | stat.S_ISVTX
DIRECTORY_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class ShareError(Exception):
    """Packing or writing back does not work, and why."""


def guest_name(path):
    """The name of a program's file in the guest: that of the host, if it has nothing strange in it."""
    return re.sub(r"[^A-Za-z0-9._+-]", "_", os.path.basename(path)) or "program"


def walked(top):
    """All below a directory that is written back, by relative path: (path, lstat). Nothing is followed."""
    for directory, directories, files in os.walk(top):
        for name in directories + files:
            path = os.path.join(directory, name)
            with contextlib.suppress(FileNotFoundError):
                status = os.lstat(path)
                if stat.S_ISDIR(status.st_mode) or stat.S_ISREG(status.st_mode) or stat.S_ISLNK(status.st_mode):
                    yield os.path.relpath(path, top), status


class Share:
    """The image of one run. directory: bytes, or None when nothing is shared; program: path of the program to bring in, or None; returns: whether what the guest writes is brought back."""

    def __init__(self, image, directory, program, returns=True):
        self.image, self.directory, self.returns = image, directory and os.fsencode(directory), returns
        self.before = dict(walked(self.directory)) if directory else {}
        size = sum(status.st_size for status in self.before.values()) + (os.path.getsize(program) if program else 0)
        inodes = len(self.before) + INODES_MORE
        words = ["-N", str(inodes), *ext2_image.JOURNAL, *(["-d", os.fsdecode(self.directory)] if directory else [])]
        try:
            ext2_image.make(image, size * 9 // 8 // (1 << 20) + inodes * 2 // 1024 + ROOM_MIB, *words)
            self.program_add(program)
        except ext2_image.ImageError as error:
            raise ShareError(f"the share cannot be packed: {error}") from error

    def program_add(self, program):
        """The program, and no lost+found that programs would stumble over."""
        commands = ["rmdir lost+found", f"mkdir {PROGRAM_DIRECTORY}", f"cd {PROGRAM_DIRECTORY}"]
        with tempfile.TemporaryDirectory(prefix="kozo-run-") as directory:
            if program:
                name = guest_name(program)
                os.symlink(os.path.abspath(program), os.path.join(directory, name))  # debugfs takes no blanks
                commands += [f"write {directory}/{name} {name}", f"sif {name} mode 0100755", f"sif {name} uid 0", f"sif {name} gid 0"]
            ext2_image.commands_run(self.image, commands)

    def write_back(self):
        """Brings what the guest wrote into the directory."""
        if self.directory is None or not self.returns:
            return
        try:
            status, said = ext2_image.check(self.image, "-y")
            if status not in (ext2_image.CLEAN, ext2_image.REPAIRED):
                raise ShareError(f"what was written to the share cannot be read: {said.strip().splitlines()[-1]}")
            with tempfile.TemporaryDirectory(prefix="kozo-run-") as copy:
                ext2_image.tool("debugfs", "-R", f"rdump / {copy}", self.image)
                self.directory_merge(os.fsencode(copy), self.directory)
        except (ext2_image.ImageError, OSError) as error:
            raise ShareError(f"the share cannot be written back: {error}") from error

    def directory_merge(self, copy, directory):
        top = os.open(directory, DIRECTORY_FLAGS & ~os.O_NOFOLLOW)  # the directory itself may be named by a link
        try:
            names_merge(copy, top, b"", {name for name in self.before if os.path.dirname(name) == b""}, self.before)
        finally:
            os.close(top)


def names_merge(copy, target, path, names_before, before):
    """Makes the directory `target` (a descriptor) have what `copy` has; path is theirs, from the top."""
    there = {name for name in os.listdir(copy) if path or name not in OURS}
    for name in sorted({os.path.basename(name) for name in names_before} - there):
        name_remove(target, name, os.path.join(path, name), before)
    for name in sorted(there):
        source = os.path.join(copy, name)
        status = os.lstat(source)
        if stat.S_ISDIR(status.st_mode):
            directory_put(source, status, target, name, os.path.join(path, name), before)
        elif stat.S_ISLNK(status.st_mode):
            link_put(source, target, name)
        elif stat.S_ISREG(status.st_mode):
            file_put(source, status, target, name)


def status_of(target, name):
    try:
        return os.stat(name, dir_fd=target, follow_symlinks=False)
    except FileNotFoundError:
        return None


def name_remove(target, name, path, before):
    """Removes what the guest has removed. A directory keeps what was not there when the machine started."""
    status = status_of(target, name)
    if status is None:
        return
    if not stat.S_ISDIR(status.st_mode):
        os.unlink(name, dir_fd=target)
        return
    inner = os.open(name, DIRECTORY_FLAGS, dir_fd=target)
    try:
        for child in sorted(known for known in before if os.path.dirname(known) == path):
            name_remove(inner, os.path.basename(child), child, before)
    finally:
        os.close(inner)
    with contextlib.suppress(OSError):
        os.rmdir(name, dir_fd=target)


def replaced(target, name, wanted):
    """Takes away what has this name and another type than wanted (a predicate on its mode). Returns the status of what stays, or None."""
    status = status_of(target, name)
    if status is not None and not wanted(status.st_mode):
        if stat.S_ISDIR(status.st_mode):
            shutil.rmtree(name, dir_fd=target)
        else:
            os.unlink(name, dir_fd=target)
        return None
    return status


def directory_put(source, status, target, name, path, before):
    if replaced(target, name, stat.S_ISDIR) is None:
        os.mkdir(name, 0o700, dir_fd=target)
    inner = os.open(name, DIRECTORY_FLAGS, dir_fd=target)
    try:
        names_merge(source, inner, path, {known for known in before if os.path.dirname(known) == path}, before)
        attributes_set(inner, status)
    finally:
        os.close(inner)


def link_put(source, target, name):
    text = os.readlink(source)
    if replaced(target, name, stat.S_ISLNK) is not None:
        if os.readlink(name, dir_fd=target) == text:
            return
        os.unlink(name, dir_fd=target)
    os.symlink(text, name, dir_fd=target)


def same(source, target, name, status):
    """Whether a file of the host has these contents already."""
    try:
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=target)
    except OSError:
        return False
    try:
        return os.fstat(descriptor).st_size == status.st_size and filecmp.cmp(source, f"/proc/self/fd/{descriptor}", shallow=False)
    finally:
        os.close(descriptor)


def file_put(source, status, target, name):
    """Writes a file beside its place and puts it there in one step. One that has not changed is left alone."""
    there = replaced(target, name, stat.S_ISREG)
    if there is not None and stat.S_IMODE(there.st_mode) & MODES == stat.S_IMODE(status.st_mode) & MODES and same(source, target, name, status):
        return
    beside = os.fsencode(f".kozo-run-{secrets.token_hex(8)}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=target)
    try:
        with os.fdopen(descriptor, "wb") as file, open(source, "rb") as contents:
            shutil.copyfileobj(contents, file)
            file.flush()
            attributes_set(file.fileno(), status)
        os.rename(beside, name, src_dir_fd=target, dst_dir_fd=target)
    except BaseException:
        os.unlink(beside, dir_fd=target)
        raise


def attributes_set(descriptor, status):
    """Permissions and times, and the owner when we may."""
    if os.geteuid() == 0:
        os.chown(descriptor, status.st_uid, status.st_gid)
    os.chmod(descriptor, stat.S_IMODE(status.st_mode) & MODES)
    os.utime(descriptor, ns=(status.st_atime_ns, status.st_mtime_ns))
