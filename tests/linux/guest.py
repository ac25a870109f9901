# SPDX-License-Identifier: MIT
"""What the tests of the distribution on Kozo share: results, and the system as `make run` boots it, with the test in the place of who sits at the terminal. Input goes to the guest's serial port by a pipe, so that the control
characters in it (Ctrl-C, Ctrl-Z) are the guest's terminal's to understand and nobody else's.
"""

import os
import re
import selectors
import subprocess
import sys
import time

sys.path.insert(0, "tools")
import ext2_image  # pylint: disable=wrong-import-position

BUILD = os.environ.get("BUILD", "build")
PATIENCE = 180  # seconds for one answer: it detects a hang
CURSOR_ASKED = "\x1b[6n"  # by the shell's line editor, of the terminal, after each prompt
PROMPT = r"kozo:\S*[#$] \x1b\[6n"
failed = 0


def report(passed, identifier, sentence, detail=""):
    global failed
    failed += not passed
    for line in detail.splitlines()[-40:] if not passed else []:
        print("#", ascii(line)[1:-1])
    print(f"{'ok' if passed else 'not ok'} {identifier} {sentence}", flush=True)
    return passed


def all_passed():
    return failed == 0


class Guest:
    """A boot of the system, and its serial port. `log`: the log disk, an image or so many MiB. `words`: another command that boots it, whose control socket is DIRECTORY/control; `more`: words more for the usual one."""

    def __init__(self, directory, image, package="rootfs/system", log="64", words=None, more=()):
        self.control_path = os.path.join(directory, "control")
        words = words or ["tools/run-qemu", "--interactive", "--timeout", "800", "--variant", "release", "--control", self.control_path, "--rng", "--disk", image, "--disk", log, "--boot", f"{BUILD}/user/{package}.boot", *more]
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, bufsize=0)
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.process.stdout, selectors.EVENT_READ)
        self.text = ""

    def read(self, seconds):
        """Takes what comes within this time; False at the end of the machine."""
        if not self.selector.select(seconds):
            return True
        more = os.read(self.process.stdout.fileno(), 65536)
        self.text += more.decode(errors="replace").replace("\r", "")
        return bool(more)

    def await_text(self, pattern, after):
        """Waits until this is in the output behind a place in it; whether it came."""
        end = time.monotonic() + PATIENCE
        while not re.search(pattern, self.text[after:]) and time.monotonic() < end:
            if not self.read(0.5):
                break
        return re.search(pattern, self.text[after:]) is not None

    def type(self, text):
        try:
            self.process.stdin.write(text.encode())
        except BrokenPipeError:  # the machine has ended: what is waited for will not come
            pass

    def typed(self, *parts):
        """Types the parts, each when the pattern before it (a pair's first) has come: what was printed until the next prompt, without the echo of the first line; or None when it did not come. A number is seconds to wait instead."""
        start = len(self.text)
        for pattern, text in parts:
            if not self.await_text(pattern, start):
                return None
            if isinstance(text, float):
                time.sleep(text)
            else:
                self.type(text)
        if not self.await_text(r"\n(?s:.*)" + PROMPT, start):
            return None
        answer = self.text[start:].partition("\n")[2]
        return re.sub(PROMPT + r"$", "", answer).replace(CURSOR_ASKED, "")

    def command(self, line):
        return self.typed(("", line + "\n"))

    def control(self, *words):
        """Whether kozo-ctl did it."""
        return subprocess.run(["tools/kozo-ctl", "--socket", self.control_path, "--timeout", "90", *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0

    def ended(self):
        """Whether the machine was switched off by the guest, in time."""
        end = time.monotonic() + PATIENCE
        while self.read(0.5) and time.monotonic() < end:
            pass
        try:
            return self.process.wait(5) == 0
        except subprocess.TimeoutExpired:
            return False

    def end(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait()


def file_of(image, path, directory):
    """A file of the disk's image, or None."""
    copy = os.path.join(directory, "copy")
    if os.path.exists(copy):
        os.unlink(copy)
    ext2_image.tool("debugfs", "-R", f"dump {path} {copy}", image)
    if not os.path.exists(copy):
        return None
    with open(copy, "rb") as file:
        return file.read()


def image_judge(image):
    """The disk after the machine was switched off."""
    status, output = ext2_image.check(image, "-n")
    header = ext2_image.tool("dumpe2fs", "-h", image)[1]
    clean = re.search(r"^Filesystem state:\s+clean$", header, re.M) is not None and "needs_recovery" not in header
    report(status == ext2_image.CLEAN and clean, "clean", "e2fsck -fn finds the disk consistent, and it was unmounted", output + header)
