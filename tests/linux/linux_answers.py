# SPDX-License-Identifier: MIT
"""Answers of Linux, kept in files, and how Kozo's are compared with them.

A file has the answer of one program (or job): a first line `sha256 DIGEST`, which says what was run, then what it printed. Where the digest is another one now, the answer is not one any more. What differs must stand in a table `program name
reason`, with tabs between them; what stands there and does not differ is wrong, too. A line's name is what comes before " = " or ": ".
"""

import collections
import csv
import hashlib
import os
import re
import sys

DETAILS = 60  # lines of differences that are shown

Difference = collections.namedtuple("Difference", "program name reason")


def digest(*paths):
    """Of the contents of these files, in this order."""
    whole = hashlib.sha256()
    for path in paths:
        with open(path, "rb") as file:
            whole.update(file.read())
    return whole.hexdigest()


def answer_read(directory, name, key):
    """The kept answer of Linux to what has this digest, or None."""
    try:
        with open(os.path.join(directory, name), encoding="utf-8") as file:
            stored, _, text = file.read().partition("\n")
    except FileNotFoundError:
        return None
    return text if stored == f"sha256 {key}" else None


def answers_write(directory, answers, keys):
    """Keeps answers {name: text}, with the digests {name: key} of what gave them."""
    os.makedirs(directory, exist_ok=True)
    for name, text in answers.items():
        with open(os.path.join(directory, name), "w", encoding="utf-8") as file:
            file.write(f"sha256 {keys[name]}\n{text}")


def outputs_read(directory, names):
    """What each has printed into its file of this directory; None of one that did not run."""
    result = {}
    for name in names:
        path = os.path.join(directory, name)
        result[name] = open(path, encoding="utf-8", errors="replace").read() if os.path.exists(path) else None
    return result


def answers_twice(run):
    """Answers of two runs: what is not the same both times, or has not come to its end, cannot be compared, and ends the program."""
    first, second = run(), run()
    odd = [name for name in first if first[name] is None or first[name] != second[name] or not first[name].endswith("status 0\n")]
    for name in odd:
        print(f"# {name}: not the same twice, or not to its end on Linux")
        for one, other in zip((first[name] or "").splitlines(), (second[name] or "").splitlines()):
            if one != other:
                print(f"#   {one}\n#   {other}")
    if odd:
        sys.exit(1)
    return first


def answers_find(directory, kept, keys, run):
    """The answers of Linux: from the tree's directory, from that of an earlier run, or from run(names) now, which `kept` keeps."""
    answers = {name: answer_read(directory, name, key) or answer_read(kept, name, key) for name, key in keys.items()}
    missing = [name for name, text in answers.items() if text is None]
    if missing:
        print(f"# Linux is asked about {', '.join(missing)}", flush=True)
        new = run(missing)
        answers_write(kept, {name: text for name, text in new.items() if text is not None}, keys)
        answers.update(new)
    return answers


def answers_check(directory, fresh):
    """Whether Linux says what is kept. Answers of what was built differently are compared all the same: the lines are not the compiler's."""
    same = True
    for name, text in fresh.items():
        with open(os.path.join(directory, name), encoding="utf-8") as file:
            stored = file.read().partition("\n")[2]
        same &= report(stored == text, name, "Linux says what is stored", [line for line in text.splitlines() if line not in stored.splitlines()])
    return same


def lines_of(text):
    """Lines by name, with a number when there are several of it."""
    count, result = collections.Counter(), {}
    for line in (text or "").splitlines():
        name = re.split(r" = |: ", line, maxsplit=1)[0]
        count[name] += 1
        result[name if count[name] == 1 else f"{name} #{count[name]}"] = line
    return result


def differences_read(path):
    with open(path, encoding="utf-8") as file:
        rows = list(csv.reader((line for line in file if not line.startswith("#") and line.strip()), delimiter="\t", quoting=csv.QUOTE_NONE))
    for row in rows:
        if len(row) != 3 or not all(row):
            sys.exit(f"{path}: expected `program name reason`, with tabs between them: {row}")
    return [Difference(*row) for row in rows]


def report(passed, identifier, sentence, details):
    for line in details[:DETAILS] if not passed else []:
        print("#", line)
    print(f"{'ok' if passed else 'not ok'} {identifier} {sentence}", flush=True)
    return passed


def compare(name, linux, kozo, reasons):
    """One program: whether all that differs has its reason ({line's name: reason}), and all that has one differs."""
    here, there = lines_of(kozo), lines_of(linux)
    different = {line for line in here.keys() | there.keys() if here.get(line) != there.get(line)}
    details = [f"{line}\n#   Linux: {there.get(line, 'nothing')}\n#   Kozo:  {here.get(line, 'nothing')}" for line in there if line in different and line not in reasons]
    details += [f"{line}\n#   Kozo alone" for line in here if line not in there and line not in reasons]
    details += [f"{line}: listed as a difference, and there is none" for line in reasons if line not in different]
    same = len(there) - len([line for line in there if line in different])
    return report(not details and bool(there), name, f"{same} of {len(there)} lines are Linux's, {len(reasons)} differ with a reason", details)
