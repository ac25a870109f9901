# SPDX-License-Identifier: MIT
"""Traces of cases on both systems: Debian's cloud kernel in QEMU, where tools/abi-record runs, and Kozo, where tools/kozo-run --trace does. Both have the same root filesystem, with the same script that starts the cases one after the other.

A case is a program or a script, /tests/cases/NAME, which starts in an empty directory of its own. What it prints is in /tests/out/NAME.
"""

import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path[1:1] = [os.path.join(TOP, "tools"), os.path.join(TOP, "tests", "linux")]
sys.dont_write_bytecode = True
import debian_guest  # pylint: disable=wrong-import-position
import ext2_image  # pylint: disable=wrong-import-position

BUILD = os.path.abspath(os.environ.get("BUILD", "build"))
RECORDER = os.path.join(BUILD, "host", "abi-record")
CASES = "/tests/cases"
CLOCK = "clocksource=tsc tsc=reliable"  # on a busy host Linux takes another one by and by, and then the vDSO asks the kernel for the time
CASE_SECONDS = 300
PATIENCE = 1600  # for all of them on a busy machine: it detects a hang
# What both systems run, and how Linux starts it.
SCRIPT = """cd /tests || exit 1
mkdir out work
[ -e /dev/fd ] || ln -s /proc/self/fd /dev/fd
for case in {names}; do
	mkdir work/$case
	(cd work/$case && exec timeout -s KILL {seconds} {cases}/$case) </dev/null >/tests/out/$case 2>&1
done
"""
START = """cd /tests
/tests/abi-record -o /tests/trace sh /tests/all >/tests/summary 2>&1
sync
"""


class RecordingError(Exception):
    """A recording is not whole, and why."""


def entries(cases, programs, directory, recorder):
    """What is put into the root filesystem: {name: path} of the cases, [(path there, path here)] of the programs that they need."""
    with open(f"{directory}/all", "w", encoding="ascii") as file:
        file.write(SCRIPT.format(names=" ".join(cases), seconds=CASE_SECONDS, cases=CASES))
    with open(f"{directory}/start", "w", encoding="ascii") as file:
        file.write(START)
    parents = sorted({os.path.dirname(path) for path, _ in programs} - {"/bin", "/sbin", "/usr/bin", "/usr/sbin"})
    for path in ["/tests", CASES, *sorted({part for parent in parents for part in ancestors(parent)})]:
        yield ext2_image.Entry("directory", path, "755", "0", "0", None)
    for path, source in [*programs, *((f"{CASES}/{name}", path) for name, path in cases.items()), *recorder]:
        yield ext2_image.Entry("file", path, f"{os.stat(source).st_mode & 0o7777:o}", "0", "0", source)
    for name in ("all", "start"):
        yield ext2_image.Entry("file", f"/tests/{name}", "755", "0", "0", f"{directory}/{name}")


def ancestors(path):
    """/usr/lib/x, /usr/lib: what must be made for a path; /usr is there."""
    while path not in ("/", "/usr"):
        yield path
        path = os.path.dirname(path)


def image_make(directory, cases, programs, recorder=()):
    image = ext2_image.copied(f"{BUILD}/rootfs.img", directory)
    ext2_image.fill(image, entries(cases, programs, directory, recorder))
    return image


def text_read(path):
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        return file.read()


def summary_check(summary):
    """What the recorder says at its end; lost events, or parts that had no room, are an error."""
    if ", 0 lost, 0 cut, " not in summary:
        raise RecordingError(f"the recording of Linux is not whole: {summary or 'the recorder has said nothing'}")


def linux_record(cases, programs):
    """The lines of Linux."""
    with tempfile.TemporaryDirectory(prefix="kozo-linux-") as directory:
        image = image_make(directory, cases, programs, [("/tests/abi-record", RECORDER)])
        debian_guest.script_run(image, "/tests/start", PATIENCE, words=CLOCK)
        for name in ("trace", "summary"):
            ext2_image.tool("debugfs", "-R", f"dump /tests/{name} {directory}/{name}", image)
        summary = text_read(f"{directory}/summary").strip()
        summary_check(summary)
        print(f"# {summary}", flush=True)
        return text_read(f"{directory}/trace").split("\n")


def kozo_record(cases, programs):
    """The lines of Kozo, and what e2fsck has against its disk afterwards."""
    os.makedirs(f"{BUILD}/logs", exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="kozo-diff-") as directory:
        image = image_make(directory, cases, programs)
        log = f"{BUILD}/logs/diff-kozo.log"
        result = subprocess.run([f"{TOP}/tools/kozo-run", "--trace", "--disk", image, "--timeout", str(PATIENCE), "--log", log, "--", "sh", "/tests/all"],
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False)
        if result.returncode:
            raise RecordingError(f"kozo-run ended with {result.returncode}: {result.stdout[-500:]}")
        return text_read(log).split("\n"), ext2_image.complaints(image)
