"""Load from processes of its own, so that tests measure Lars and not themselves.

usage: load.py ask PORT SECONDS     an honest caller of module 1 1; prints {"asked", "lost", "p50_ms", "p99_ms", "max_ms"}
       load.py flood PORT SECONDS   rubbish and questions for unknown modules to three UDP ports; prints {"sent"}
"""

import json
import random
import struct
import subprocess
import sys
import time

import wire


def ask(port, seconds):
    caller, times, lost = wire.caller(port), [], 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        began = time.monotonic()
        try:
            caller.get_host(1, 1, timeout=1.0)
            times.append((time.monotonic() - began) * 1000)
        except TimeoutError:
            lost += 1
        time.sleep(0.001)
    times.sort()
    return {"asked": len(times) + lost, "lost": lost, "p50_ms": round(times[len(times) // 2], 3),
            "p99_ms": round(times[len(times) * 99 // 100], 3), "max_ms": round(times[-1], 3)}


def flood(port, seconds):
    draw = random.Random(4)
    blobs = [draw.randbytes(draw.randrange(0, 1400)) for _ in range(32)]
    blobs += [wire.frame(draw.randrange(-2, 20), draw.randbytes(draw.randrange(0, 60))) for _ in range(32)]
    blobs += [struct.pack("<ii", 4, length) + b"x" * 8 for length in (-1, 0, 7, 1 << 30)]
    blobs += [wire.frame(wire.GET_HOST, wire.encode("GetHostRequest", {"seq": n, "modid": draw.randrange(1 << 30), "cmdid": n}))
              for n in range(32)]
    caller, sent, end = wire.caller(port), 0, time.monotonic() + seconds
    while time.monotonic() < end:
        for n, blob in enumerate(blobs):
            try:
                caller.send(blob, port + n % 3)
                sent += 1
            except OSError:
                pass
    return {"sent": sent}


def start(what, port, seconds):
    """The program in the background; result() returns its figures."""
    return subprocess.Popen([sys.executable, __file__, what, str(port), str(seconds)], stdout=subprocess.PIPE, text=True)


def result(process):
    return json.loads(process.communicate()[0])


if __name__ == "__main__":
    print(json.dumps({"ask": ask, "flood": flood}[sys.argv[1]](int(sys.argv[2]), float(sys.argv[3]))))
