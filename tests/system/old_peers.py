"""Programs already in the field, written from the published protocol alone: a dns, an agent, and one that eats change rows.

Run as a program it is the dns: old_peers.py PORT MODID CMDID IP:PORT, until it is killed.
"""

import socket
import struct
import sys
import threading
import time

import wire


class old_dns:
    """Answers GetRouteRequest with what `routes` holds, pushes on demand, skips every message id it does not know."""

    def __init__(self, routes, port=0):
        self.routes = dict(routes)
        self.received = []
        self.sessions = []
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", port))
        self.port = self.listener.getsockname()[1]
        self.open = True
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while self.open:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with self.lock:
                self.sessions.append(connection)
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        buffer = b""
        while True:
            try:
                data = connection.recv(1 << 16)
            except OSError:
                return
            if not data:
                return
            buffer += data
            while len(buffer) >= 8:
                length = struct.unpack("<i", buffer[4:8])[0]
                if len(buffer) < 8 + length:
                    break
                message_id, body = wire.split_frame(buffer[:8 + length])
                buffer = buffer[8 + length:]
                self.received.append((message_id, body))
                if message_id == wire.GET_ROUTE:
                    self.answer(connection, self.key_of(body))

    @staticmethod
    def key_of(body):
        """Reads fields 1 and 2 and skips all others, as protobuf does with unknown fields."""
        values, at = {}, 0
        while at < len(body):
            tag, at = wire.take_varint(body, at)
            if tag & 7 == 0:
                values[tag >> 3], at = wire.take_varint(body, at)
            elif tag & 7 == 1:
                at += 8
            elif tag & 7 == 2:
                length, at = wire.take_varint(body, at)
                at += length
            else:
                at += 4
        return wire.signed(values.get(1, 0)), wire.signed(values.get(2, 0))

    def answer(self, connection, key):
        hosts = [wire.host_info(*host) for host in self.routes.get(key, ())]
        body = wire.encode("GetRouteResponse", {"modid": key[0], "cmdid": key[1], "host": hosts})
        try:
            connection.sendall(wire.frame(wire.ROUTE, body))
        except OSError:
            pass

    def push(self, key, hosts):
        self.routes[key] = hosts
        with self.lock:
            sessions = list(self.sessions)
        for connection in sessions:
            self.answer(connection, key)

    def close(self):
        self.open = False
        # shutdown() wakes the thread in accept(), which close() alone would leave waiting.
        for one in (self.listener, *self.sessions):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            one.close()


class old_agent:
    """Follows one module of a dns. When it loses the dns it reconnects once, at once, and then never again: it goes on with
    the routes that it had."""

    def __init__(self, port, key):
        self.port, self.key, self.hosts, self.attempts = port, key, None, 0
        self.session = self.connect()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def connect(self):
        self.attempts += 1
        session = wire.dns_session(self.port)
        session.ask(*self.key)
        return session

    def run(self):
        for _ in range(2):
            try:
                while True:
                    key, hosts = self.session.route(timeout=3600)
                    if key == self.key:
                        self.hosts = hosts
            except OSError:
                pass
            self.session.close()
            if self.attempts > 1:
                return
            try:
                self.session = self.connect()
            except OSError:
                return

    def route(self):
        return self.hosts

    def close(self):
        self.attempts = 2
        try:
            self.session.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # it was closed when its dns went
        self.thread.join(5)


class change_eater:
    """What an old dns does to the database it shares: looks at the version now and then, and when it has moved, deletes
    the change rows up to it.

    `version()` returns RouteVersion's version, `delete(version)` deletes and returns how many rows went.
    """

    def __init__(self, version, delete, every=0.1):
        self.version, self.delete, self.every, self.running = version, delete, every, True
        self.eaten = 0
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        seen = None
        while self.running:
            now = self.version()
            if now != seen:
                self.eaten += self.delete(now)
                seen = now
            time.sleep(self.every)

    def close(self):
        self.running = False
        self.thread.join()


if __name__ == "__main__":
    port, modid, cmdid, host = sys.argv[1:]
    ip, host_port = host.split(":")
    old_dns({(int(modid), int(cmdid)): [(ip, int(host_port))]}, int(port))
    threading.Event().wait()
