"""A planted fault: an agent that is away and looks alive. It is stopped, and the beat of another agent is copied into its
memory. Its programs then use the last scores it published."""

import re
import struct
import threading

BEAT_AT = 64  # in the routes memory: routes_format.hpp
PAUSE_S = 0.02


class borrowed_beat:
    """Lasts from construction to end(). `still` is the stopped agent; `lender` runs on the same machine."""

    def __init__(self, still, lender):
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.run, args=(still, lender), daemon=True)
        self.thread.start()

    @staticmethod
    def beat_of(process):
        """The address of an agent's published beat in its own memory."""
        with open(f"/proc/{process.pid}/maps") as maps:
            for line in maps:
                if found := re.match(r"([0-9a-f]+)-\S+ rw-s 00000000 .*memfd:lars-routes", line):
                    return int(found[1], 16) + BEAT_AT
        raise AssertionError(f"process {process.pid} has no routes memory")

    def run(self, still, lender):
        to, source = self.beat_of(still), self.beat_of(lender)
        with (open(f"/proc/{still.pid}/mem", "r+b", buffering=0) as sink,
              open(f"/proc/{lender.pid}/mem", "rb", buffering=0) as memory):
            while not self.ended.wait(PAUSE_S):
                memory.seek(source)
                sink.seek(to)
                sink.write(memory.read(struct.calcsize("Q")))

    def end(self):
        self.ended.set()
        self.thread.join(5)
