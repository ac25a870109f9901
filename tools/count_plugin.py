# SPDX-License-Identifier: MIT
"""The plugin of QEMU that counts a guest's instructions (bench/count.c)."""

import os
import re
import subprocess

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def plugin_make(directory):
    """Builds it there: the path to give to QEMU's -plugin. Raises CalledProcessError when the compiler fails."""
    path = os.path.join(directory, "count.so")
    subprocess.run(["gcc", "-O2", "-shared", "-fPIC", "-fvisibility=hidden", f"-I{TOP}", "-o", path, f"{TOP}/bench/count.c"], check=True)
    return path


def counts_read(output):
    """What it has told in QEMU's output, in order: (instructions, those in the kernel, writes of CR3, executions of watched addresses)."""
    return [tuple(map(int, row)) for row in re.findall(r"^count: (\d+) instructions, (\d+) in the kernel, (\d+) writes of CR3, (\d+) watched", output, re.M)]
