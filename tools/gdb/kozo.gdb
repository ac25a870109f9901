# SPDX-License-Identifier: MIT
#
# Commands that show the state of a stopped kernel: `help kozo` lists them.
#
# They read the machine's memory through the types in the kernel image, so they follow the kernel's structures by themselves. Nothing is written and nothing is called: they
# work wherever the kernel stopped, also in the middle of a panic. Links are followed only as far as they lead to new places. Start gdb from the
# top of the tree: the few numbers that are no types are read from the headers there.

set pagination off
set confirm off
set print pretty on

python
import re

import gdb


def constant(path, name):
    """The number that a header gives to a macro."""
    try:
        with open(path, encoding="utf-8") as header:
            found = re.search(rf"#define {name}\s+(0x[0-9a-f]+|\d+)", header.read())
    except OSError:
        found = None
    if not found:
        raise gdb.GdbError(f"{name} is not to be found in {path}: start gdb from the top of the tree")
    return int(found.group(1), 0)


def names(enum, prefix):
    """The names of an enumeration by their numbers, without what they all begin with."""
    return {f.enumval: f.name[len(prefix):] for f in reversed(gdb.lookup_type("enum " + enum).fields()) if f.name.startswith(prefix)}


def bytes_text(count):
    """A number of bytes in the largest unit that leaves it whole."""
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if count % 1024 or count == 0 or unit == "GiB":
            return f"{count} {unit}"
        count //= 1024


class Kernel:
    """The kernel as it stands still. Made anew for each command."""

    def __init__(self):
        self.original = constant("kernel/core/core.h", "SLOT_ORIGINAL")
        self.device = constant("kernel/core/core.h", "SLOT_DEVICE")
        self.base = constant("abi/abi.h", "DIRECT_MAP_BASE")
        self.types = names("object_type", "OBJECT_")
        self.rights = names("rights", "RIGHT_")
        try:
            self.core = gdb.parse_and_eval("*core")
            self.core.fetch_lazy()
        except gdb.MemoryError:
            raise gdb.GdbError("the kernel has not made its core yet: let it run first") from None

    def at(self, reference, name):
        value = gdb.Value(reference).cast(gdb.lookup_type("struct " + name).pointer()).dereference()
        value.fetch_lazy()
        return value

    def physical(self, reference):
        reference = int(reference) & (2**64 - 1)
        return reference - self.base if reference >= self.base else reference

    def tree(self):
        """Every live slot as (reference, slot, depth), parents before children."""
        seen, stack = set(), [(int(self.core["root"]["child"]), 0)]
        while stack:
            reference, depth = stack.pop()
            if not reference or reference in seen:
                continue
            seen.add(reference)
            slot = self.at(reference, "slot")
            yield reference, slot, depth
            stack.append((int(slot["next"]), depth))
            stack.append((int(slot["child"]), depth + 1))

    def dying(self):
        """Every slot on the dying list."""
        seen, reference = set(), int(self.core["dying"])
        while reference and reference not in seen:
            seen.add(reference)
            slot = self.at(reference, "slot")
            yield reference, slot
            reference = int(slot["next"])

    def describe(self, slot):
        """What a slot holds, on part of a line."""
        number = int(slot["type"]) or int(slot["remains"])
        kind = self.types.get(number, f"type {number}")
        rights = "".join(name[0] if int(slot["rights"]) & bit else "-" for bit, name in sorted(self.rights.items()))
        text = f"{kind:12} {rights}"
        if int(slot["object"]):
            text += f" @{self.physical(slot['object']):x}"
        if kind in ("UNTYPED", "REGION", "TABLE_MEMORY"):
            text += f" {bytes_text(int(slot['size']))}"
        if kind == "UNTYPED":
            text += f", {bytes_text(int(slot['watermark']))} used"
        if kind == "TABLE_MEMORY":
            text += f" at {int(slot['base']):x}"
        if kind == "CNODE":
            text += f" {int(slot['mask']) + 1} slots"
        if kind == "IO_PORTS":
            text += f" {int(slot['ports']) & 0xffff:#x}..{int(slot['ports']) >> 16:#x}"
        if kind in ("ENDPOINT", "NOTIFICATION") and int(slot["badge"]):
            text += f" badge {int(slot['badge']):#x}"
        if int(slot["flags"]) & self.device:
            text += " device"
        return text + (" original" if int(slot["flags"]) & self.original else "")


class Command(gdb.Command):
    """A command of this file: `run` gets the kernel and the words of the command line."""

    def __init__(self, name):
        super().__init__(name, gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        try:
            self.run(Kernel(), gdb.string_to_argv(argument))
        except gdb.MemoryError as error:
            raise gdb.GdbError(f"memory that a link leads to cannot be read: {error}") from None


class Threads(Command):
    """kozo-threads: all Threads, what they do or wait for, where they are and what is bound to them. `*` marks the current one."""

    def run(self, kernel, words):
        states, slots = names("thread_state", "THREAD_"), names("thread_slot", "THREAD_")
        current = int(gdb.parse_and_eval("cpus[0].current"))
        thread_type = next(number for number, name in kernel.types.items() if name == "THREAD")
        print("  thread     prio  state      rip                 bound")
        for _, slot, _ in kernel.tree():
            if int(slot["type"]) != thread_type or not int(slot["flags"]) & kernel.original:
                continue
            reference = int(slot["object"])
            thread = kernel.at(reference, "thread")
            core = thread["core"]
            state = states.get(int(thread["state"]), "?") + ("" if not int(thread["stopped"]) else " stopped")
            bound = [slots[i] for i in range(core["slot"].type.range()[1] + 1) if int(core["slot"][i]["type"])]
            print(f"{'*' if reference == current else ' '} {kernel.physical(reference):<10x} {int(core['priority']):2}/{int(core['priority_max']):<2} "
                  f"{state:10} {int(thread['frame']['rip']):#018x}  {' '.join(bound)}{' foreign' if int(core['foreign']) else ''}")


class Cnode(Command):
    """kozo-cnode [ADDRESS]: the slots in use of the CNode at an address (physical or as the kernel sees it); without one, all CNodes."""

    def run(self, kernel, words):
        cnode_type = next(number for number, name in kernel.types.items() if name == "CNODE")
        wanted = kernel.physical(gdb.parse_and_eval(words[0])) if words else None
        found = False
        for _, slot, _ in kernel.tree():
            if int(slot["type"]) != cnode_type or not int(slot["flags"]) & kernel.original:
                continue
            reference, count = int(slot["object"]), int(slot["mask"]) + 1
            if wanted is None:
                print(f"{kernel.physical(reference):10x} {count} slots")
            elif wanted == kernel.physical(reference):
                self.show(kernel, reference, count)
            found = found or wanted in (None, kernel.physical(reference))
        if not found:
            raise gdb.GdbError("there is no CNode at this address: kozo-cnode without an address lists them")

    def show(self, kernel, reference, count):
        size = gdb.lookup_type("struct slot").sizeof
        memory = gdb.selected_inferior().read_memory(reference, count * size)
        for index in range(count):
            if not any(memory[index * size + i] != b"\0" for i in (0, 1)):
                continue
            slot = kernel.at(reference + index * size, "slot")
            print(f"{index:6} {kernel.describe(slot)}{'' if int(slot['type']) else ' dying'}")


class Tree(Command):
    """kozo-tree: the derivation tree, each capability below the one that it was derived from."""

    def run(self, kernel, words):
        for reference, slot, depth in kernel.tree():
            print(f"{'  ' * depth}{kernel.physical(reference):x} {kernel.describe(slot)}")


class Slots(Command):
    """kozo-slots [TYPE]: all slots in use (of one type) by address, then those that are dying, in the order in which they will go."""

    def run(self, kernel, words):
        def wanted(slot):
            return not words or kernel.types.get(int(slot["type"]) or int(slot["remains"])) == words[0].upper()

        for reference, slot, _ in sorted(((r, s, d) for r, s, d in kernel.tree()), key=lambda entry: entry[0]):
            if wanted(slot):
                print(f"{kernel.physical(reference):10x} {kernel.describe(slot)}")
        for reference, slot in kernel.dying():
            if wanted(slot):
                print(f"{kernel.physical(reference):10x} {kernel.describe(slot)} dying")


class Trace(Command):
    """kozo-trace: the last events of each processor, the oldest first."""

    def run(self, kernel, words):
        with open("kernel/trace.def", encoding="utf-8") as events:
            kinds = re.findall(r'^TRACE\((\w+), "(.*)", "(.*)"\)', events.read(), re.MULTILINE)
        processors = gdb.parse_and_eval("cpus")
        for number in range(processors.type.range()[1] + 1):
            ring = processors[number]["trace"]
            ring.fetch_lazy()
            count, size = int(ring["count"]), ring["event"].type.range()[1] + 1
            print(f"processor {number}: {count} events in all")
            for i in range(max(0, count - size), count):
                event = ring["event"][i % size]
                kind, a, b = kinds[int(event["kind"]) % len(kinds)]
                print(f"{i:8} {kind:10} {a} {int(event['a']):#x} {b} {int(event['b']):#x}")


class Log(Command):
    """kozo-log [COUNT]: the last commit records (16) that are still in the ring, the oldest first."""

    def run(self, kernel, words):
        operations = names("commit_operation", "COMMIT_")
        header = constant("abi/types.h", "PAGE_SIZE")
        ring = gdb.parse_and_eval("*commit_ring")
        head, capacity = int(ring["head"]), int(ring["capacity"])
        record_type = gdb.lookup_type("struct commit_record")
        records = gdb.parse_and_eval("(unsigned long)commit_ring") + header
        print(f"{head - 1} records in all, {head - int(ring['tail'])} not yet taken, room for {capacity}")
        for sequence in range(max(1, head - min(capacity, int(words[0], 0) if words else 16)), head):
            record = (records + sequence % capacity * record_type.sizeof).cast(record_type.pointer()).dereference()
            arguments = " ".join(f"{kernel.physical(record['argument'][i]):x}" for i in range(5))
            subject = f" by {kernel.physical(record['subject']):x}" if int(record["subject"]) else ""
            print(f"{int(record['sequence']):8} {operations.get(int(record['operation']), '?'):11} {arguments}  count {int(record['count'])}"
                  f" flags {int(record['flags']):#x}{subject}")


class Kozo(gdb.Command):
    """The state of the kernel: kozo-threads, kozo-cnode, kozo-tree, kozo-slots, kozo-trace, kozo-log; each has a help of its own."""

    def __init__(self):
        super().__init__("kozo", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        print(self.__doc__)


for name, command in (("threads", Threads), ("cnode", Cnode), ("tree", Tree), ("slots", Slots), ("trace", Trace), ("log", Log)):
    command("kozo-" + name)
Kozo()
end
