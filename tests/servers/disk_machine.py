# SPDX-License-Identifier: MIT
"""What the tests with a disk share: results, a boot of the system that is watched and switched off in order, and e2fsck's judgement of the image afterwards."""

import os
import re
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools"))
from ext2_image import complaints as image_complaints  # pylint: disable=wrong-import-position,unused-import

BUILD = os.environ["BUILD"]
PATIENCE = 400
failed = 0


def report(passed, identifier, sentence, detail=""):
    global failed
    failed += not passed
    for line in detail.splitlines()[-40:] if not passed else []:
        print("#", line)
    print(f"{'ok' if passed else 'not ok'} {identifier} {sentence}", flush=True)


def tool(*words):
    return subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False)


def all_passed():
    return failed == 0


class Machine:
    """A boot of the system."""

    def __init__(self, variant, directory, disks, system):
        self.socket, self.path = os.path.join(directory, "control"), os.path.join(directory, "output")
        for path in (self.socket, self.path):
            if os.path.exists(path):
                os.unlink(path)
        words = ["tools/run-qemu", "--variant", variant, "--timeout", str(PATIENCE), "--control", self.socket, "--rng", "--ends", "off"]
        for disk in disks:
            words += ["--disk", disk]
        with open(self.path, "wb") as output:
            self.process = subprocess.Popen(words + ["--boot", f"{BUILD}/user/{system}.boot"], stdout=output, stderr=subprocess.STDOUT)

    def output(self):
        with open(self.path, encoding="utf-8", errors="replace") as output:
            return output.read().replace("\r", "")

    def says(self, pattern):
        return re.search(pattern, self.output(), re.M)

    def await_output(self, pattern):
        end = time.monotonic() + PATIENCE
        while not self.says(pattern) and self.process.poll() is None and time.monotonic() < end:
            time.sleep(0.05)
        return self.says(pattern) is not None

    def control(self, *words):
        return tool("tools/kozo-ctl", "--socket", self.socket, "--timeout", "60", *words).returncode == 0

    def off(self):
        """Switches off in order; whether the machine has ended so."""
        self.control("off")
        return self.process.wait() == 0

    def end(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait()


def client_results(text, name):
    """What a client says, as results of this test."""
    for passed, rest in re.findall(rf"^{name}: (ok|not ok) (.*)$", text, re.M):
        report(passed == "ok", rest.split()[0], rest.partition(" ")[2], text)


def image_judge(image):
    """The disk after the machine was switched off in order."""
    checked, header = tool("e2fsck", "-fn", image), tool("dumpe2fs", "-h", image).stdout
    report(checked.returncode == 0, "disk-clean", "e2fsck -fn finds nothing", checked.stdout)
    report(re.search(r"^Filesystem state:\s+clean$", header, re.M) is not None and "needs_recovery" not in header, "disk-unmounted", "the superblock says that it was unmounted", header)
