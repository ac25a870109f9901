# SPDX-License-Identifier: MIT
"""The host's end of the link to a guest that runs one program for tools/kozo-run: the protocol of abi/protocols/run.h, whose numbers are read from run.def. lib/run_link.c is the guest's end."""

import collections
import os
import re
import struct
import zlib

DEFINITION = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "abi", "protocols", "run.def")
HEADER = struct.Struct("<IIIHBB")  # struct run_frame: magic, check, number, bytes, kind, stream
CHECKED_FROM = 8
HELLO = struct.Struct("<IIQ")
PATIENCE_FIRST, PATIENCE_LONGEST = 0.25, 5.0  # seconds until frames are sent again

Event = collections.namedtuple("Event", "kind stream payload")


def definition_read():
    """The entries of run.def: four dictionaries, and the credit that streams begin with."""
    with open(DEFINITION, encoding="utf-8") as file:
        text = file.read()
    numbers = {name: int(value, 0) for name, value in re.findall(r"^RUN_NUMBER\((\w+), (\w+),", text, re.M)}
    kinds = {name: int(value) for name, value in re.findall(r"^RUN_KIND\((\w+), (\d+),", text, re.M)}
    streams = {name: (int(number), int(credit)) for name, number, credit in re.findall(r"^RUN_STREAM\((\w+), (\d+), (\d+),", text, re.M)}
    keys = dict(re.findall(r'^RUN_KEY\((\w+), "(\w+)",', text, re.M))
    return numbers, kinds, {name: number for name, (number, _) in streams.items()}, keys, dict(streams.values())


NUMBER, KIND, STREAM, KEY, CREDIT_FIRST = definition_read()


def frame_make(kind, stream, number, payload):
    head = HEADER.pack(NUMBER["MAGIC"], 0, number, len(payload), kind, stream)
    check = zlib.crc32(head[CHECKED_FROM:] + payload)
    return HEADER.pack(NUMBER["MAGIC"], check, number, len(payload), kind, stream) + payload


class Link:
    """Frames in both directions. Bytes go to `output`, for the caller to send; time is what the caller says."""

    def __init__(self):
        self.output = bytearray()
        self.waiting = collections.deque()  # frames that have not been sent, or must be sent again
        self.flying = collections.deque()   # frames that are not acknowledged, the oldest first
        self.first = self.next = 0          # number of the oldest frame that is not acknowledged, and of the next new one
        self.resend_at, self.patience = None, PATIENCE_FIRST
        self.allowed = dict(CREDIT_FIRST)
        self.written = collections.Counter()
        self.received, self.expected, self.acknowledge = bytearray(), 0, False

    def put(self, kind, payload=b"", stream=0):
        """Hands over a frame."""
        self.waiting.append(frame_make(KIND[kind], stream, self.next, payload))
        self.next += 1

    def room(self, stream):
        """Bytes of a stream that may be handed over now."""
        return max(0, self.allowed[stream] - self.written[stream])

    def write(self, stream, data):
        """Hands over bytes of a stream: not more than room() said."""
        most = NUMBER["PAYLOAD_MOST"]
        for at in range(0, len(data), most):
            self.put("DATA", bytes(data[at:at + most]), stream)
        self.written[stream] += len(data)

    def idle(self):
        """Whether nothing waits to be sent, or to be acknowledged."""
        return not self.waiting and not self.flying

    def take(self, data, now):
        """Bytes that came. Yields the events among them, each once."""
        self.received += data
        while (frame := self.frame_next()) is not None:
            number, kind, stream, payload = frame
            if kind == KIND["ACKNOWLEDGE"]:
                self.acknowledged(number, now)
                continue
            self.acknowledge = True
            again = kind == KIND["HELLO"] and number == 0 and self.expected > 0  # perhaps of another instance, which counts from 0: the caller knows
            if number != self.expected and not again:
                continue
            self.expected += not again
            if kind == KIND["CREDIT"]:
                allowed, = struct.unpack("<Q", payload)
                self.allowed[stream] = max(self.allowed[stream], allowed)
            else:
                yield Event(kind, stream, payload)

    def frame_next(self):
        """The next whole frame with the right check, or None. What is no frame is dropped."""
        magic = struct.pack("<I", NUMBER["MAGIC"])
        while True:
            at = self.received.find(magic)
            if at != 0:
                del self.received[:at if at > 0 else max(0, len(self.received) - len(magic) + 1)]
            if len(self.received) < HEADER.size or not self.received.startswith(magic):
                return None
            _, check, number, size, kind, stream = HEADER.unpack_from(self.received)
            end = HEADER.size + size
            if size <= NUMBER["PAYLOAD_MOST"] and len(self.received) < end:
                return None
            if size <= NUMBER["PAYLOAD_MOST"] and check == zlib.crc32(self.received[CHECKED_FROM:end]):
                payload = bytes(self.received[HEADER.size:end])
                del self.received[:end]
                return number, kind, stream, payload
            del self.received[:1]

    def acknowledged(self, number, now):
        """All frames before this number have come."""
        while self.first < number and (self.flying or self.waiting):
            (self.flying or self.waiting).popleft()
            self.first += 1
            self.patience = PATIENCE_FIRST
            self.resend_at = now + self.patience

    def work(self, now):
        """Puts into `output` what can be sent, and what must be sent again."""
        if self.flying and now >= self.resend_at:
            self.waiting.extendleft(reversed(self.flying))
            self.flying.clear()
            self.patience = min(self.patience * 2, PATIENCE_LONGEST)
        if self.acknowledge:
            self.output += frame_make(KIND["ACKNOWLEDGE"], 0, self.expected, b"")
            self.acknowledge = False
        under_way = sum(map(len, self.flying))
        while self.waiting and under_way + len(self.waiting[0]) <= NUMBER["WINDOW_TO_GUEST"]:
            if not self.flying:
                self.resend_at = now + self.patience
            frame = self.waiting.popleft()
            self.flying.append(frame)
            self.output += frame
            under_way += len(frame)

    def deadline(self):
        """When work() wants to be called again though nothing came; None: not at all."""
        return self.resend_at if self.flying else None
