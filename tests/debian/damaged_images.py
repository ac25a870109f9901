# SPDX-License-Identifier: MIT
"""Images of small filesystems, the same bytes each time, which somebody has damaged in different ways: for e2fsck to repair."""

import os

import ext2_image

MEBIBYTES = 4
FILES = 40
# What debugfs does to the filesystem, by the name of the image.
DAMAGES = {
    "whole": [],
    "bitmaps": ["freeb 100 20", "freei <20>", "setb 900 10", "seti <200>"],
    "counts": ["sif /dir/f3 links_count 7", "sif /dir/f4 blocks 99", "ssv free_blocks_count 5", "ssv free_inodes_count 3"],
    "names": ["clri <20>", "ln <30> /dir/second-name", "unlink /dir/f9", "sif /dir/f10 mode 0170000"],
    "blocks": ["sif /dir/f5 block[0] 60", "sif /dir/f6 block[0] 60", "sif /dir/f7 block[1] 999999", "sif /dir/f8 size 123456789"],
    "directory": ["sif /dir/sub block[0] 0", "sif /dir/sub2 mode 0100644", "sif <2> links_count 1"],
}


def contents_make(directory):
    """A file of the host with the contents of each file."""
    path = os.path.join(directory, "contents")
    with open(path, "w", encoding="ascii") as file:
        file.writelines(f"line {number} of a file\n" for number in range(400))
    return path


def entries(source):
    for name in ("/dir", "/dir/sub", "/dir/sub2"):
        yield ext2_image.Entry("directory", name, "755", "0", "0", None)
    for number in range(FILES):
        yield ext2_image.Entry("file", f"/dir/f{number}", "644", str(number), "0", source)
    yield ext2_image.Entry("file", "/dir/sub/inner", "644", "0", "0", source)
    yield ext2_image.Entry("link", "/dir/link", "777", "0", "0", "f1")


def make(directory):
    """The paths of the images, which are made in this directory. Raises ImageError."""
    source, paths = contents_make(directory), []
    for name, damage in DAMAGES.items():
        path = os.path.join(directory, f"{name}.img")
        ext2_image.make(path, MEBIBYTES, fixed=True)
        ext2_image.fill(path, entries(source))
        ext2_image.commands_run(path, damage, fixed=True)
        paths.append(path)
    return paths
