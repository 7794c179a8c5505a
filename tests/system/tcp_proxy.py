"""A TCP proxy that acts like a virtual address: the target of new connections can change, open ones stay. It can also
freeze, as by a pulled cable, cut or slow down its connections."""

import contextlib
import socket
import threading
import time


class tcp_proxy:
    def __init__(self, target):
        self.target = target  # a port on loopback
        self.opened = 0
        self.closing = False
        self.refusing = False
        self.delay_s = 0  # of each piece that passes
        self.passing = threading.Event()
        self.passing.set()
        self.answering = threading.Event()  # what is to pass on the way back
        self.answering.set()
        self.lock = threading.Lock()
        self.ends = set()  # sockets that are open
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    # --- faults ---------------------------------------------------------------------------------------------------

    def freeze(self):
        """Passes nothing, not even the end of a connection. New connections are accepted and wait."""
        self.passing.clear()

    def hold_answers(self):
        """Passes requests, but no answers."""
        self.answering.clear()

    def cut(self):
        """Closes all connections, and each new one at once."""
        self.refusing = True
        self.drop()

    def mend(self):
        """Ends the fault and passes what was held back."""
        self.refusing = False
        self.delay_s = 0
        self.passing.set()
        self.answering.set()

    def close(self):
        self.closing = True
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(5)
        self.drop()
        self.passing.set()
        self.answering.set()

    # --- internals -------------------------------------------------------------------------------------------------

    def drop(self):
        with self.lock:
            for end in self.ends:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def accept(self):
        while True:
            try:
                inside, _ = self.listener.accept()
            except OSError:
                return
            if self.refusing:
                inside.close()
                continue
            self.opened += 1
            threading.Thread(target=self.serve, args=(inside,), daemon=True).start()

    def serve(self, inside):
        """Serves one connection, with one thread for each direction."""
        with self.held(inside):
            self.passing.wait()
            if self.closing or self.refusing:
                return
            try:
                outside = socket.create_connection(("127.0.0.1", self.target), timeout=5)
            except OSError:
                return
            outside.settimeout(None)
            with self.held(outside):
                back = threading.Thread(target=self.copy, args=(outside, inside, self.answering), daemon=True)
                back.start()
                self.copy(inside, outside, self.passing)
                back.join()

    @contextlib.contextmanager
    def held(self, end):
        with self.lock:
            self.ends.add(end)
        try:
            yield
        finally:
            with self.lock:
                self.ends.discard(end)
            end.close()

    def copy(self, source, sink, gate):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                self.passing.wait()
                gate.wait()
                time.sleep(self.delay_s)
                sink.sendall(data)
        self.passing.wait()
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
