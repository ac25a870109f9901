# SPDX-License-Identifier: MIT
r"""Comparing two traces call by call: tasks are paired by their place in the tree of who started whom, lines by their order within a task, and rules say what may differ.

A rule has a kind, a scope (names of cases, with * and ?), a pattern (a regular expression that is looked for in a line, which is a call with its result) and a reason:

    id       its groups are ids of tasks: they count by the place of the task in the tree
    any      its groups may be anything
    extra    one line, or several (\n stands between them), that one system may have more often than the other: from the beginning of the first to the end of the last
    order    lines of a task that come in another order: they are compared among themselves, sorted
    differs  lines that stand at the same place and need not be the same, when both match
"""

import collections
import fnmatch
import re

REACH = 80  # lines of a difference
KINDS = ("id", "any", "extra", "order", "differs")
LINE = re.compile(r"^(\d+) +(\w+\(.*\) += .*)$")
BIRTH = re.compile(r"^(?:fork|vfork|clone|clone3)\(.*= (\d+)$")
NOT_READ = re.compile(r" /\* \d+ not read \*/$")
CALL = re.compile(r"^(\w+)\(.*\) += (.*)$")


class RuleError(Exception):
    """A rule that cannot be one, and where it stands."""


class Rule:
    """One row of the table, and how often it was needed."""

    def __init__(self, kind, scope, pattern, reason, place):
        try:
            self.pattern = re.compile(f"^{pattern.removeprefix('^')}.*\\n" if kind == "extra" else pattern, re.M)
        except re.error as error:
            raise RuleError(f"{place}: {error}: {pattern}") from error
        if kind not in KINDS or not scope or not reason:
            raise RuleError(f"{place}: expected `KIND SCOPE PATTERN REASON` with tabs between them, KIND is one of {', '.join(KINDS)}")
        if kind in ("id", "any") and not self.pattern.groups:
            raise RuleError(f"{place}: a pattern of the kind {kind} has groups")
        self.kind, self.scope, self.reason, self.place, self.needed = kind, scope.split(), reason, place, 0

    def concerns(self, case):
        return any(fnmatch.fnmatchcase(case, name) for name in self.scope)


def rules_read(path, name):
    with open(path, encoding="utf-8") as file:
        rows = [(number, line.rstrip("\n").split("\t")) for number, line in enumerate(file, 1) if line.strip() and not line.startswith("#")]
    for number, row in rows:
        if len(row) != 4:
            raise RuleError(f"{name}:{number}: expected `KIND SCOPE PATTERN REASON`, with tabs between them")
    return [Rule(*row, f"{name}:{number}") for number, row in rows]


class Task:
    """The calls of a task, and the tasks that it has started."""

    def __init__(self, identifier):
        self.id, self.calls, self.children = identifier, [], []


def tasks_read(lines):
    """All tasks of a trace, with their children. A child's first call may stand before the call that started it. No id is used twice."""
    tasks = {}
    for line in lines:
        if match := LINE.match(line):
            task, call = tasks.setdefault(int(match[1]), Task(int(match[1]))), match[2]
            task.calls.append(call)
            if birth := BIRTH.match(NOT_READ.sub("", call)):
                task.children.append(tasks.setdefault(int(birth[1]), Task(int(birth[1]))))
    return list(tasks.values())


def case_find(tasks, program):
    """The task that became this program, from there on; None when none did. What it had started before is not the program's."""
    start = re.compile(r'^execve\("%s", .* = 0$' % re.escape(program))
    for task in tasks:
        for index, call in enumerate(task.calls):
            if start.match(call):
                root = Task(task.id)
                born = sum(bool(BIRTH.match(before)) for before in task.calls[:index])
                root.calls, root.children = task.calls[index + 1:], task.children[born:]
                return root
    return None


def case_text(root):
    """A case as it is kept: the lines of its tasks, parents before children."""
    return "".join(f"{task.id} {call}\n" for task in tree_of(root).values() for call in task.calls)


def case_read(text):
    """What case_text() has written."""
    tasks = tasks_read(text.splitlines())
    return tasks[0] if tasks else Task(0)


def tree_of(root):
    """{place: task}: the program is 0, what it started first 0.1."""
    places, left = {}, collections.deque([("0", root)])
    while left:
        place, task = left.popleft()
        places[place] = task
        left.extend((f"{place}.{number}", child) for number, child in enumerate(task.children, 1))
    return places


def hunks(one, other):
    """Where two lists are not the same: (start, end) of the first list, (start, end) of the second; at the end of both an empty one. Between hunks they are equal. A difference ends where two lines are equal on both sides again, the nearest such
    place within REACH lines. (It takes time in proportion to the length, which difflib does not.)"""
    here = there = 0
    while here < len(one) or there < len(other):
        if one[here:here + 1] == other[there:there + 1]:
            here, there = here + 1, there + 1
            continue
        end, last = meeting_find(one, other, here, there)
        yield here, end, there, last
        here, there = end, last
    yield here, here, there, there


def meeting_find(one, other, here, there):
    """The nearest places behind these at which the lists go on alike; their next lines when there are none near."""
    for distance in range(1, REACH):
        for skipped in range(distance + 1):
            end, last = here + skipped, there + distance - skipped
            if end <= len(one) and last <= len(other) and one[end:end + 2] == other[last:last + 2]:
                return end, last
    return min(here + 1, len(one)), min(there + 1, len(other))


class Comparison:
    """Both trees of a case, compared by the rules that concern it. `differences` is what no rule allows; `calls` counts the lines of Linux without extra ones; `marked` those of which something was not read."""

    def __init__(self, case, linux, kozo, rules):
        self.rules = [rule for rule in rules if rule.concerns(case)]
        self.differences, self.calls, self.same, self.marked = [], 0, 0, 0
        sides = tree_of(linux), tree_of(kozo)
        self.names = [{task.id: place for place, task in side.items()} for side in sides]
        for place in sorted(sides[0].keys() | sides[1].keys(), key=lambda name: [int(part) for part in name.split(".")]):
            here = [side.get(place) for side in sides]
            if None in here:
                present = here[0] or here[1]
                self.differences.append(f"task {place}: only {'Linux' if here[0] else 'Kozo'} has it ({len(present.calls)} calls, the first is {present.calls[0] if present.calls else 'none'})")
            else:
                self.task_compare(place, here[0].calls, here[1].calls)

    def line_canonical(self, call, side):
        """The line without what may differ, and the rules that have taken something out of it."""
        used = []
        for rule in self.rules:
            if rule.kind in ("id", "any"):
                call, count = rule.pattern.subn(lambda match, kind=rule.kind: self.groups_replace(match, kind, side), call)
                used += [rule] * bool(count)
        return re.sub(r"\) += ", ") = ", call), used

    def groups_replace(self, match, kind, side):
        text, start = match[0], match.start()
        for group in range(match.re.groups, 0, -1):
            if match[group] is None:
                continue
            new = "*" if kind == "any" else self.id_canonical(match[group], side)
            text = text[:match.start(group) - start] + new + text[match.end(group) - start:]
        return text

    def id_canonical(self, text, side):
        """Tasks of the case by their places; others are all the same; 0 and -1 are none."""
        number = int(text)
        if number in (0, -1):
            return text
        return ("-" if number < 0 else "") + "<" + self.names[side].get(abs(number), "other") + ">"

    def extras_drop(self, calls):
        text = "".join(f"{call}\n" for call in calls)
        for rule in self.rules:
            if rule.kind == "extra":
                text, count = rule.pattern.subn("", text)
                rule.needed += count
        return text.split("\n")[:-1]

    def task_compare(self, place, linux, kozo):
        raw = [self.extras_drop(calls) for calls in (linux, kozo)]
        self.calls += len(raw[0])
        self.marked += sum(bool(NOT_READ.search(call)) for call in raw[0])
        ordered, others = zip(*(self.others_split(calls, side) for side, calls in enumerate(raw)))
        self.lists_compare(place, ordered)
        self.lists_compare(place, others)

    def others_split(self, calls, side):
        """The calls whose order counts, and the others, sorted."""
        ordered, others = [], []
        for call in calls:
            rule = next((rule for rule in self.rules if rule.kind == "order" and rule.pattern.search(call)), None)
            (others if rule else ordered).append(call)
            if rule:
                rule.needed += 1
        return ordered, sorted(others, key=lambda call: self.line_canonical(NOT_READ.sub("", call), side)[0])

    def lists_compare(self, place, raw):
        marks = [bool(NOT_READ.search(call)) for call in raw[0]]
        raw = [[NOT_READ.sub("", call) for call in raw[0]], raw[1]]
        canonical = [[self.line_canonical(call, side) for call in calls] for side, calls in enumerate(raw)]
        lines = [[line for line, _ in side] for side in canonical]
        done = (0, 0)
        for start, end, first, last in hunks(*lines):
            self.pairs_count(raw, canonical, zip(range(done[0], start), range(done[1], first)))
            self.hunk_compare(place, raw, canonical, marks, (start, end, first, last))
            done = end, last

    def pairs_count(self, raw, canonical, pairs):
        for here, there in pairs:
            self.same += 1
            if raw[0][here] != raw[1][there]:
                for rule in {*canonical[0][here][1], *canonical[1][there][1]}:
                    rule.needed += 1

    def hunk_compare(self, place, raw, canonical, marks, hunk):
        """A difference: pair by pair, as far as there are pairs. Some of them may be the same."""
        start, end, first, last = hunk
        for index in range(max(end - start, last - first)):
            here = raw[0][start + index] if start + index < end else None
            there = raw[1][first + index] if first + index < last else None
            if here and there and canonical[0][start + index][0] == canonical[1][first + index][0]:
                self.pairs_count(raw, canonical, [(start + index, first + index)])
            elif here and there and (self.is_allowed(here, there) or (marks[start + index] and self.outline(here) == self.outline(there))):
                self.same += 1
            else:
                self.differences.append(f"task {place}\n#   Linux: {here or 'nothing'}\n#   Kozo:  {there or 'nothing'}")

    @staticmethod
    def outline(call):
        """Name and result: what is known of a line of which something was not read."""
        match = CALL.match(call)
        return match and match.groups()

    def is_allowed(self, here, there):
        for rule in self.rules:
            if rule.kind == "differs" and rule.pattern.search(here) and rule.pattern.search(there):
                rule.needed += 1
                return True
        return False
