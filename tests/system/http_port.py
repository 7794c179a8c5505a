"""A client for the HTTP port of a role."""

import http.client
import re


def get(port, path, method="GET", timeout=30):
    """(status, text)."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def metrics(port):
    """{"name{labels}": value} of every series."""
    status, text = get(port, "/metrics")
    assert status == 200, (status, text)
    return {name: float(value) for name, value in re.findall(r"^([a-z]\S*) (\S+)$", text, re.M)}
