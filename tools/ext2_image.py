# SPDX-License-Identifier: MIT
"""Images with an ext2 filesystem, made and read by Debian's e2fsprogs without mounting anything: what tools/mkrootfs and tools/kozo-run share.

An image that is made from entries is the same bytes each time: the times in it are SOURCE_DATE_EPOCH, its identity is fixed, and names are entered in the order given. One that is made from a directory
takes names, modes and times from there.
"""

import collections
import os
import stat
import subprocess

UUID = "6b6f7a6f-0000-4000-8000-000000000001"
BLOCK_BYTES = 4096
TOOLS_PATH = os.environ.get("PATH", "/usr/bin:/bin") + ":/usr/sbin:/sbin"  # a user's PATH has no sbin
CLEAN, REPAIRED = 0, 1  # e2fsck(8)
JOURNAL = ["-O", "has_journal", "-J", "size=4"]  # MiB; the first mount would make one otherwise (docs/decisions/008-ext2-journal.md)
TYPES = {"directory": stat.S_IFDIR, "file": stat.S_IFREG, "link": stat.S_IFLNK}

# kind: directory, file (source: path on the host), link (source: target). mode is in octal digits, without the type.
Entry = collections.namedtuple("Entry", "kind path mode owner group source")


class ImageError(Exception):
    """What e2fsprogs said, or that it is not there."""


def epoch():
    return int(os.environ.get("SOURCE_DATE_EPOCH", "1767225600"))


def tool(*words, text=None, fixed=False):
    """Runs one of e2fsprogs; returns status and output. fixed: the filesystem's clock stands still."""
    environment = dict(os.environ, PATH=TOOLS_PATH, LC_ALL="C", **({"E2FSPROGS_FAKE_TIME": str(epoch())} if fixed else {}))
    try:
        result = subprocess.run(words, input=text, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="surrogateescape", check=False,
                                **({} if text is not None else {"stdin": subprocess.DEVNULL}))
    except FileNotFoundError as error:
        raise ImageError(f"{error.filename} is not installed (tools/install-packages installs it)") from error
    return result.returncode, result.stdout


def make(image, mebibytes, *words, fixed=False):
    """An empty filesystem, or (words: -d DIRECTORY) one with the files of a directory."""
    if os.path.exists(image):
        os.unlink(image)
    identity = ["-U", UUID, "-E", f"hash_seed={UUID},root_owner=0:0"] if fixed else ["-E", "root_owner=0:0"]
    status, output = tool("mke2fs", "-q", "-t", "ext2", "-b", str(BLOCK_BYTES), "-m", "0", *identity, *words, image, f"{mebibytes}M", fixed=fixed)
    if status:
        raise ImageError(output.strip())


def entry_commands(entry):
    """What debugfs has to do for an entry. Its `write` and `symlink` enter names into the current directory only."""
    directory, name = os.path.split(entry.path)
    yield f"cd {directory}"
    if entry.kind == "directory":
        yield f"mkdir {name}"
    elif entry.kind == "file":
        yield f"write {entry.source} {name}"
    else:
        yield f"symlink {name} {entry.source}"
    fields = {"mode": f"{TYPES[entry.kind] | int(entry.mode, 8):#o}".replace("o", ""), "uid": entry.owner, "gid": entry.group}
    fields.update(dict.fromkeys(("atime", "ctime", "mtime", "crtime"), f"@{epoch()}"))
    for field, value in fields.items():
        yield f"sif {name} {field} {value}"


def fill(image, entries):
    """Enters these into a filesystem, in this order. Paths and sources have no blanks."""
    commands_run(image, (command for entry in entries for command in entry_commands(entry)), fixed=True)


def commands_run(image, commands, fixed=False):
    """Lets debugfs change an image. Any complaint of it is an error."""
    status, output = tool("debugfs", "-w", "-f", "-", image, text="".join(f"{command}\n" for command in commands), fixed=fixed)
    complaints = [line for line in output.splitlines()[1:] if line.strip() and not line.startswith(("debugfs: ", "Allocated inode: "))]
    if status or complaints:
        raise ImageError("\n".join(complaints) or output.strip())


def check(image, *words):
    """Lets e2fsck look (words: -p, -y or -n). Returns its status and what it said."""
    return tool("e2fsck", "-f", *words, image)


def copied(image, directory):
    """A copy of an image in a directory, with its holes; the path."""
    path = os.path.join(directory, os.path.basename(image))
    made = subprocess.run(["cp", "--reflink=auto", "--sparse=always", image, path], stderr=subprocess.PIPE, text=True, check=False)
    if made.returncode:
        raise ImageError(made.stderr.strip())
    return path


def complaints(image):
    """What e2fsck has against the disk of a machine that has ended, in order or not: it must repair by itself what was not unmounted, and then find nothing."""
    repaired, checked = check(image, "-p"), check(image, "-n")
    return "" if repaired[0] in (CLEAN, REPAIRED) and checked[0] == CLEAN else repaired[1] + checked[1]
