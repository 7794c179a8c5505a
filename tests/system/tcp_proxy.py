"""A TCP proxy as a virtual address is one: where new connections lead can change, those that are open stay."""

import contextlib
import socket
import threading


class tcp_proxy:
    def __init__(self, target):
        self.target = target  # a port on loopback
        self.opened = 0
        self.pairs = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def accept(self):
        while True:
            try:
                inside, _ = self.listener.accept()
            except OSError:
                return
            try:
                outside = socket.create_connection(("127.0.0.1", self.target), timeout=5)
                outside.settimeout(None)
            except OSError:
                inside.close()
                continue
            self.opened += 1
            self.pairs.append((inside, outside))
            for pair in ((inside, outside), (outside, inside)):
                threading.Thread(target=self.copy, args=pair, daemon=True).start()

    @staticmethod
    def copy(source, sink):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(5)
        for pair in self.pairs:
            for end in pair:
                end.close()
