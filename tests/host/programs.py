# SPDX-License-Identifier: MIT
"""Builds the host tests of the core apart from make: with another copy of kernel/core (a mutant), or with other flags (coverage).

The sources of a program are those that mk/host.mk would take: the directory tests/host/NAME and HOST_SOURCES_NAME of its config.mk, and
HOST_CFLAGS_NAME. Objects of everything but the core are kept and used again. The working directory is the top of the tree.
"""

import concurrent.futures
import glob
import os
import re
import subprocess

FLAGS = ["-std=gnu17", "-g", "-I.", "-Ikernel/core/host"]


class BuildFailed(Exception):
    """The compiler or the linker refused; holds what it said."""


def run(command):
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if result.returncode != 0:
        raise BuildFailed(result.stdout)


def config(name):
    """HOST_SOURCES and HOST_CFLAGS of a program, as lists."""
    text = open(f"tests/host/{name}/config.mk").read()
    values = {}
    for key, value in re.findall(r"^(\w+) := (.*)$", text, re.M):
        prefix = re.fullmatch(r"\$\(addprefix (\S+),(.*)\)", value)
        values[key] = [prefix[1] + word for word in prefix[2].split()] if prefix else value.split()
    return values.get(f"HOST_SOURCES_{name}", []), values.get(f"HOST_CFLAGS_{name}", [])


def core_sources():
    return sorted(glob.glob("kernel/core/*.c"))


def compiled(source, directory, compiler, flags):
    """The object of one source, compiled unless it is there."""
    target = os.path.join(directory, source.replace("/", "+") + ".o")
    if not os.path.exists(target):
        os.makedirs(directory, exist_ok=True)
        run([compiler, *flags, *FLAGS, "-c", "-o", target, source])
    return target


def test_objects(name, directory, compiler, flags):
    """The objects of a program without the core."""
    more, cflags = config(name)
    sources = sorted(glob.glob(f"tests/host/{name}/*.c")) + more
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(lambda source: compiled(source, os.path.join(directory, name), compiler, [*flags, *cflags]), sources))


def program_link(target, objects, compiler, flags):
    run([compiler, *flags, "-o", target, *objects, "-lcmocka"])
