"""What one process takes of an agent, however it goes about it, is never another's."""

import os
import socket
import threading
import time
import unittest

import http_port
from hunted import hunted
from test_sharing import FULL, HELLO, MESSAGE, MORE, OK, WANT, message, sharing_test


class process_limits_test(sharing_test):
    def connect(self):
        """A connection that says hello; its status, or None where it was closed."""
        one = self.stranger()
        try:
            one.send(message(HELLO))
            data, files, _, _ = socket.recv_fds(one, 64, 8)
        except OSError:
            return one, None
        for file in files:
            os.close(file)
        return one, MESSAGE.unpack(data)[3] if data else None

    def more_until_refused(self, one):
        for _ in range(1000):
            one.send(message(MORE, ticket=1, size=4096))
            data, files, _, _ = socket.recv_fds(one, 64, 4)
            for file in files:
                os.close(file)
            if MESSAGE.unpack(data)[3] != OK:
                return

    def others_share_memory(self):
        """Another program, and one whose workers are processes of their own, make all their calls in shared memory."""
        before = self.host_calls()
        for figures in (hunted(self, "each-module", 0, self.modules).figures(), hunted(self, "crowd", 20, self.modules).stop()):
            self.assertEqual(figures["failed"], 0)
            before += figures["made"]
        self.becomes(self.host_calls, before)

    def test_connections(self):
        self.start_agent(agent__max_callers=400)
        held = [self.connect() for _ in range(500)]
        statuses = [status for _, status in held]
        self.assertEqual(statuses.count(OK), 100)
        self.assertIn(FULL, statuses)
        self.assertEqual(self.metric('callers_refused_total{reason="process"}'), 400)
        self.assertIn(f"agent.caller_refused pid={os.getpid()}", self.agent.log())
        self.others_share_memory()

    def test_memory(self):
        self.start_agent(agent__caller_mb=1)
        for n in range(20):
            one, status = self.connect()
            if status == OK:
                self.more_until_refused(one)
            if n % 2 == 0:
                one.close()
        self.assertLessEqual(self.metric("caller_bytes"), 4 << 20)
        self.assertEqual(self.connect()[1], FULL)
        self.others_share_memory()

    def test_unknown_modules(self):
        self.start_agent()
        self.others_share_memory()
        self.add([5])
        self.becomes(lambda: http_port.metrics(self.dns.port("http"))["lars_dns_modules"], 5)
        asked = self.metric("pulls_total")
        done, sent = threading.Event(), [0]

        def flood():
            while not done.is_set():
                one, _ = self.connect()
                one.setblocking(False)
                for _ in range(5000):
                    try:
                        one.send(message(WANT, ticket=1, modid=1000 + sent[0], cmdid=9))
                        sent[0] += 1
                        one.recv(64)
                    except BlockingIOError:
                        pass
                    except OSError:
                        break  # it reads too slowly for what it asks; it comes back
                one.close()

        thread = threading.Thread(target=flood)
        start = time.monotonic()
        thread.start()
        try:
            while sent[0] < 100_000 and time.monotonic() - start < 60:
                time.sleep(0.1)
            self.assertLess(self.metric("pulls_total") - asked, 16_384 + 2_048 * (time.monotonic() - start + 1))
            self.assertGreater(self.metric("asks_refused_total"), 0)
            # A module that others want is there in time, though the flood goes on.
            self.modules = 5
            self.others_share_memory()
        finally:
            done.set()
            thread.join()
        self.assertIn(f"agent.asks_refused pid={os.getpid()}", self.agent.log())


if __name__ == "__main__":
    unittest.main()
