"""The wire protocol as facts: a client that knows the published messages alone and shares no code with Lars.

Field numbers and types stand here once; frames are `int32 id | int32 length | protobuf body`, little-endian.
"""

import ipaddress
import pathlib
import socket
import struct
import time

GET_ROUTE, ROUTE, REPORT_STATUS, GET_HOST, HOST, REPORT, CALLER_GET_ROUTE, CALLER_ROUTE = range(1, 9)
PING, PONG = 12, 13

SUCCESS, OVERLOAD, SYSTEM_ERROR, NO_SUCH_MODULE = range(4)

# message: {field: (number, type)}; a type is a scalar's name or a message's; [type] is a repeated one.
SCHEMA = {
    "HostInfo": {"ip": (1, "int32"), "port": (2, "int32")},
    "GetRouteRequest": {"modid": (1, "int32"), "cmdid": (2, "int32")},
    "GetRouteResponse": {"modid": (1, "int32"), "cmdid": (2, "int32"), "host": (3, ["HostInfo"])},
    "GetHostRequest": {"seq": (1, "uint32"), "modid": (2, "int32"), "cmdid": (3, "int32")},
    "GetHostResponse": {
        "seq": (1, "uint32"), "modid": (2, "int32"), "cmdid": (3, "int32"), "retcode": (4, "int32"),
        "host": (5, "HostInfo"),
    },
    "HostCallResult": {
        "ip": (1, "int32"), "port": (2, "int32"), "succ": (3, "uint32"), "err": (4, "uint32"), "overload": (5, "bool"),
    },
    "ReportStatusRequest": {
        "modid": (1, "int32"), "cmdid": (2, "int32"), "caller": (3, "int32"), "results": (4, ["HostCallResult"]),
        "ts": (5, "uint32"),
    },
    "ReportRequest": {
        "modid": (1, "int32"), "cmdid": (2, "int32"), "host": (3, "HostInfo"), "retcode": (4, "int32"),
    },
}


def golden():
    """The recorded frames by name."""
    lines = (pathlib.Path(__file__).parent.parent / "golden" / "protocol.txt").read_text().splitlines()
    return {line.split()[0]: bytes.fromhex("".join(line.split()[1:])) for line in lines if line and line[0] != "#"}


def varint(value):
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def take_varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value & ((1 << 64) - 1), at
        if shift > 63:
            raise ValueError("a varint is longer than ten bytes")


def encode(name, values):
    out = b""
    for field, (number, kind) in SCHEMA[name].items():
        for value in values.get(field, ()) if isinstance(kind, list) else [values.get(field)]:
            message = kind[0] if isinstance(kind, list) else kind
            if message in SCHEMA:
                if value is not None:
                    body = encode(message, value)
                    out += varint(number << 3 | 2) + varint(len(body)) + body
            elif value:
                out += varint(number << 3) + varint(value)
    return out


def decode(name, data):
    """Strict: a field that the published messages do not have is an error, for old peers are sent none."""
    by_number = {number: (field, kind) for field, (number, kind) in SCHEMA[name].items()}
    values = {field: [] for field, (_, kind) in SCHEMA[name].items() if isinstance(kind, list)}
    at = 0
    while at < len(data):
        tag, at = take_varint(data, at)
        if tag >> 3 not in by_number:
            raise ValueError(f"{name} has no field {tag >> 3}")
        field, kind = by_number[tag >> 3]
        value, at = take_varint(data, at)
        if kind in ("int32", "uint32", "bool"):
            if tag & 7 != 0:
                raise ValueError(f"{name}.{field} is no varint")
            values[field] = signed(value) if kind == "int32" else value & 0xFFFFFFFF
            continue
        if tag & 7 != 2 or at + value > len(data):
            raise ValueError(f"{name}.{field} is cut")
        body, at = data[at:at + value], at + value
        if isinstance(kind, list):
            values[field].append(decode(kind[0], body))
        else:
            values[field] = decode(kind, body)
    return values


def signed(value):
    value &= 0xFFFFFFFF
    return value - (1 << 32) if value >= 1 << 31 else value


def host_info(ip, port):
    return {"ip": signed(int(ipaddress.IPv4Address(ip))), "port": port}


def address(info):
    """("a.b.c.d", port) of a HostInfo; absent fields are 0."""
    return str(ipaddress.IPv4Address(info.get("ip", 0) & 0xFFFFFFFF)), info.get("port", 0)


def frame(message_id, body=b""):
    return struct.pack("<ii", message_id, len(body)) + body


def split_frame(data):
    message_id, length = struct.unpack("<ii", data[:8])
    if length != len(data) - 8:
        raise ValueError(f"header says {length} bytes of body, {len(data) - 8} are there")
    return message_id, data[8:]


class caller:
    """A caller already in the field: asks the agent over UDP, every wait with a deadline."""

    def __init__(self, agent_port, ip="127.0.0.1"):
        self.ip, self.agent_port, self.seq = ip, agent_port, 0
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def close(self):
        self.socket.close()

    def port_of(self, modid, cmdid):
        return self.agent_port + (modid + cmdid) % 3

    def send(self, data, port):
        self.socket.sendto(data, (self.ip, port))

    def receive(self, timeout):
        self.socket.settimeout(max(timeout, 0.001))
        return split_frame(self.socket.recv(65536))

    def ask(self, data, port, timeout, accept):
        """The first answer that `accept` takes (not None). TimeoutError after `timeout`."""
        end = time.monotonic() + timeout
        self.send(data, port)
        while True:
            left = end - time.monotonic()
            if left <= 0:
                raise TimeoutError("the agent does not answer")
            try:
                value = accept(*self.receive(left))
            except (TimeoutError, ConnectionRefusedError):
                raise TimeoutError("the agent does not answer") from None
            if value is not None:
                return value

    def get_host(self, modid, cmdid, timeout=10.0, port=None):
        """(retcode, (ip, port) or None)."""
        self.seq += 1
        request = encode("GetHostRequest", {"seq": self.seq, "modid": modid, "cmdid": cmdid})

        def accept(message_id, body):
            answer = decode("GetHostResponse", body)
            if answer.get("seq", 0) != self.seq:
                return None
            if message_id != HOST or (answer.get("modid", 0), answer.get("cmdid", 0)) != (modid, cmdid):
                raise ValueError(f"asked for a host of {modid}/{cmdid}, got message {message_id}: {answer}")
            if ("host" in answer) != (answer.get("retcode", 0) == SUCCESS):
                raise ValueError(f"a host comes with code 0 alone: {answer}")
            return answer.get("retcode", 0), address(answer["host"]) if "host" in answer else None

        return self.ask(frame(GET_HOST, request), port or self.port_of(modid, cmdid), timeout, accept)

    def report(self, modid, cmdid, host, retcode, port=None):
        values = {"modid": modid, "cmdid": cmdid, "host": host_info(*host), "retcode": retcode}
        self.send(frame(REPORT, encode("ReportRequest", values)), port or self.port_of(modid, cmdid))

    def get_route(self, modid, cmdid, timeout=10.0):
        """The module's hosts, sorted."""
        request = frame(CALLER_GET_ROUTE, encode("GetRouteRequest", {"modid": modid, "cmdid": cmdid}))

        def accept(message_id, body):
            if message_id != CALLER_ROUTE:
                return None
            answer = decode("GetRouteResponse", body)
            if (answer.get("modid", 0), answer.get("cmdid", 0)) != (modid, cmdid):
                return None
            return sorted(address(host) for host in answer["host"])

        return self.ask(request, self.port_of(modid, cmdid), timeout, accept)


class dns_session:
    """An agent already in the field, as far as dns sees it: asks for routes on one TCP connection and is pushed changes."""

    def __init__(self, port, timeout=30.0):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        self.buffer = b""

    def close(self):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def receive(self, timeout=30.0):
        """(id, body) of the next frame. TimeoutError, or ConnectionError when dns has closed."""
        end = time.monotonic() + timeout
        while True:
            if len(self.buffer) >= 8:
                length = struct.unpack("<i", self.buffer[4:8])[0]
                if len(self.buffer) >= 8 + length:
                    whole, self.buffer = self.buffer[:8 + length], self.buffer[8 + length:]
                    return split_frame(whole)
            self.socket.settimeout(max(end - time.monotonic(), 0.001))
            data = self.socket.recv(1 << 16)
            if not data:
                raise ConnectionError("dns closed the connection")
            self.buffer += data

    def ask(self, modid, cmdid):
        self.send(frame(GET_ROUTE, encode("GetRouteRequest", {"modid": modid, "cmdid": cmdid})))

    def route(self, timeout=30.0):
        """The next answer or push: ((modid, cmdid), [hosts])."""
        message_id, body = self.receive(timeout)
        if message_id != ROUTE:
            raise ValueError(f"dns sent message {message_id} to a peer that announced nothing")
        answer = decode("GetRouteResponse", body)
        return (answer.get("modid", 0), answer.get("cmdid", 0)), sorted(address(host) for host in answer["host"])
