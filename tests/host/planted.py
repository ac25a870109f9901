# SPDX-License-Identifier: MIT
"""Plants faults in the tree, one at a time, and expects a host test to fail of each.

A fault is (name, what is wrong, test, file, text, replacement): the text must be in the file exactly once. The changed tree lies in a directory
of its own. A test is described by its sources and flags, without those of cmocka.
"""

import glob
import os
import shutil
import subprocess
import sys
import tempfile

FLAGS = ["-std=gnu17", "-g", "-O2", "-Wall", "-Wno-unused-function", "-I."]
TIMEOUT_SECONDS = 200  # a fault that makes a test hang is noticed too


def tree_copy(directory, parts):
    for part in parts:
        shutil.copytree(part, os.path.join(directory, part))


def built(directory, test, sources, flags):
    program = os.path.join(directory, "program")
    own = sorted(glob.glob(f"tests/host/{test}/*.c"))
    subprocess.run([os.environ.get("CC", "gcc"), *FLAGS, *flags, "-o", program, *own, *sources, "-lcmocka"], cwd=directory, check=True)
    return program


def noticed(directory, fault, tests):
    name, _, test, path, text, replacement = fault
    path = os.path.join(directory, path)
    with open(path) as source:
        original = source.read()
    if original.count(text) != 1:
        sys.exit(f"{name}: the text to replace is there {original.count(text)} times")
    with open(path, "w") as changed:
        changed.write(original.replace(text, replacement))
    try:
        program = built(directory, test, *tests[test])
        return subprocess.run([program], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=TIMEOUT_SECONDS).returncode != 0
    except subprocess.TimeoutExpired:
        return True
    finally:
        with open(path, "w") as changed:
            changed.write(original)


def run(faults, tests, parts):
    """Reports each fault on a line; returns whether one was not noticed. tests: name -> (sources, flags); parts: the directories that they are built from, but for tests/host/harness."""
    failed = False
    print(f"1..{len(faults)}")
    with tempfile.TemporaryDirectory() as directory:
        tree_copy(directory, [*parts, "tests/host/harness"])
        for fault in faults:
            good = noticed(directory, fault, tests)
            failed |= not good
            print(f"{'ok' if good else 'not ok'} {fault[0]} noticed: {fault[1]}", flush=True)
    return failed
