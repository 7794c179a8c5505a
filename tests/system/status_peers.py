"""Peers for tests of results: an agent under the test's control, a reporter of the old programs, and a proxy that holds
back acknowledgements. Written from the protocol alone."""

import os
import socket
import struct
import threading
import time

import wire

REPORT_ANSWER = 9
FEATURES = 3


def tag(number, kind):
    return wire.varint(number << 3 | kind)


def number(field, value):
    return tag(field, 0) + wire.varint(value) if value else b""


def sized(field, data):
    return tag(field, 2) + wire.varint(len(data)) + data


def fields_of(body):
    """{number: last value} of any message, whatever its fields mean."""
    values, at = {}, 0
    while at < len(body):
        key, at = wire.take_varint(body, at)
        if key & 7 == 0:
            value, at = wire.take_varint(body, at)
        elif key & 7 == 2:
            length, at = wire.take_varint(body, at)
            value, at = body[at:at + length], at + length
        else:
            width = 8 if key & 7 == 1 else 4
            value, at = body[at:at + width], at + width
        values[key >> 3] = value
    return values


class status_session:
    """A connection to a reporter, of an agent that is under the test's control."""

    def __init__(self, port, agent_id=None):
        self.agent_id = agent_id or os.urandom(16)
        self.stream = wire.dns_session(port)
        self.seq = 0

    def close(self):
        self.stream.close()

    def report(self, key, results, ts=None, seq=None, caller="127.0.0.1", agent_id=None, age_ms=None):
        """Sends one batch: results are (ip, port, successes, failures[, window successes, window failures, overload])."""
        self.seq = seq if seq is not None else self.seq + 1
        body = number(1, key[0]) + number(2, key[1]) + number(3, wire.host_info(caller, 0)["ip"])
        for ip, port, good, bad, *window in results:
            succ, err, overload = window or (good, bad, False)
            body += sized(4, number(1, wire.host_info(ip, port)["ip"]) + number(2, port) + number(3, succ) +
                          number(4, err) + number(5, int(overload)) + number(6, good) + number(7, bad))
        body += number(5, int(ts or time.time())) + sized(6, agent_id or self.agent_id)
        body += number(7, self.seq)
        if age_ms is not None:
            body += tag(8, 0) + wire.varint(age_ms)
        body += number(15, FEATURES)
        self.stream.send(wire.frame(wire.REPORT_STATUS, body))
        return self.seq

    def answer(self, timeout=60.0):
        """The next acknowledgement: (agent_id, seq, resend)."""
        while True:
            message_id, body = self.stream.receive(timeout)
            if message_id == REPORT_ANSWER:
                values = fields_of(body)
                return values[1], values.get(2, 0), bool(values.get(3, 0))

    def acknowledged(self, seq, timeout=60.0):
        """Waits until everything up to `seq` is committed."""
        end = time.monotonic() + timeout
        while True:
            agent_id, done, _ = self.answer(end - time.monotonic())
            if agent_id == self.agent_id and done >= seq:
                return


def old_report(stream, key, results, ts, caller="127.0.0.1"):
    """What an agent already in the field sends: fields 1 to 5, results of (ip, port, succ, err, overload)."""
    body = wire.encode("ReportStatusRequest", {
        "modid": key[0], "cmdid": key[1], "caller": wire.host_info(caller, 0)["ip"], "ts": ts,
        "results": [dict(wire.host_info(ip, port), succ=succ, err=err, overload=int(overload))
                    for ip, port, succ, err, overload in results],
    })
    stream.send(wire.frame(wire.REPORT_STATUS, body))


def frames_of(buffer):
    """The whole frames at the front of `buffer`, and the rest."""
    whole = []
    while len(buffer) >= 8:
        length = struct.unpack("<i", buffer[4:8])[0]
        if len(buffer) < 8 + length:
            break
        whole.append(buffer[:8 + length])
        buffer = buffer[8 + length:]
    return whole, buffer


class server:
    """Accepts connections and serves each in a thread."""

    def __init__(self, port=0):
        self.listener = socket.create_server(("127.0.0.1", port))
        self.port = self.listener.getsockname()[1]
        self.sockets = [self.listener]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.sockets.append(connection)
            threading.Thread(target=self.serve_quietly, args=(connection,), daemon=True).start()

    def serve_quietly(self, connection):
        try:
            self.serve(connection)
        except OSError:
            pass
        finally:
            connection.close()

    def drop(self):
        """Closes every connection."""
        for one in self.sockets[1:]:
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        for one in list(self.sockets):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            one.close()


class old_reporter(server):
    """A reporter already in the field: overwrites rows, answers nothing, skips what it does not know. Like the original
    it writes on several threads; here they finish what came together in the worst order, the newest first."""

    together = 0.2  # seconds

    def __init__(self, port=0, rows=None):
        self.rows = {} if rows is None else rows
        self.unknown_fields = set()
        super().__init__(port)

    def serve(self, connection):
        buffer, waiting, since = b"", [], 0.0
        connection.settimeout(0.05)
        while True:
            try:
                data = connection.recv(1 << 16)
                if not data:
                    return
            except TimeoutError:
                data = b""
            whole, buffer = frames_of(buffer + data)
            if whole and not waiting:
                since = time.monotonic()
            waiting += whole
            if waiting and time.monotonic() - since >= self.together:
                for one in reversed(waiting):
                    message_id, body = wire.split_frame(one)
                    if message_id == wire.REPORT_STATUS:
                        self.take(body)
                waiting = []

    def take(self, body):
        at, values, results = 0, {}, []
        while at < len(body):
            key, at = wire.take_varint(body, at)
            if key & 7 == 0:
                values[key >> 3], at = wire.take_varint(body, at)
            else:
                length, at = wire.take_varint(body, at)
                if key >> 3 == 4:
                    results.append(fields_of(body[at:at + length]))
                at += length
        self.unknown_fields |= {field for field in values if field > 5}
        for one in results:
            self.unknown_fields |= {field for field in one if field > 5}
            host = wire.address({"ip": one.get(1, 0), "port": one.get(2, 0)})
            self.rows[values.get(1, 0), values.get(2, 0), *host] = (one.get(3, 0), one.get(4, 0), one.get(5, 0))


class ack_holder(server):
    """A proxy before a reporter. It holds acknowledgements back while `holding`."""

    def __init__(self, target):
        self.target, self.holding, self.held = target, False, 0
        super().__init__()

    def serve(self, connection):
        reporter = socket.create_connection(("127.0.0.1", self.target))
        self.sockets.append(reporter)
        threading.Thread(target=self.answers, args=(reporter, connection), daemon=True).start()
        while data := connection.recv(1 << 16):
            reporter.sendall(data)
        reporter.shutdown(socket.SHUT_RDWR)

    def answers(self, reporter, connection):
        buffer = b""
        try:
            while data := reporter.recv(1 << 16):
                whole, buffer = frames_of(buffer + data)
                for one in whole:
                    if self.holding and wire.split_frame(one)[0] == REPORT_ANSWER:
                        self.held += 1
                    else:
                        connection.sendall(one)
        except OSError:
            pass
        try:
            connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


class slow_pipe(server):
    """A proxy that delays bytes in both directions by `delay` seconds, like a remote database."""

    def __init__(self, target, delay):
        self.target, self.delay = target, delay
        super().__init__()

    def serve(self, connection):
        far = socket.create_connection(("127.0.0.1", self.target))
        self.sockets.append(far)
        threading.Thread(target=self.pass_on, args=(far, connection), daemon=True).start()
        self.pass_on(connection, far)

    def pass_on(self, come, go):
        try:
            while data := come.recv(1 << 16):
                time.sleep(self.delay)
                go.sendall(data)
        except OSError:
            pass
        for one in (come, go):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
