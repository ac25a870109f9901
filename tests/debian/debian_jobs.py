# SPDX-License-Identifier: MIT
"""The jobs of tests/debian: what jobs.list says of them, and where they are."""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
PARTS = ("small", "large")


def jobs_read():
    """{name: (part, [(package, path)])} of jobs.list."""
    jobs = {}
    with open(os.path.join(HERE, "jobs.list"), encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            words = line.split()
            if not words or words[0].startswith("#"):
                continue
            programs = [tuple(word.split(":", 1)) for word in words[2:]]
            if len(words) < 2 or words[1] not in PARTS or any(len(program) != 2 for program in programs):
                sys.exit(f"tests/debian/jobs.list:{number}: expected `NAME PART [PACKAGE:/PATH]...`")
            jobs[words[0]] = (words[1], programs)
    return jobs


def job_path(name):
    return os.path.join(HERE, "jobs", name)
