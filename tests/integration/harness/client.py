# SPDX-License-Identifier: BSD-2-Clause
#
# Clients made of plain sockets, for what no real client program shows.

import dataclasses
import select
import socket

from . import wait


@dataclasses.dataclass(frozen=True)
class Reply:
    data: bytes
    ending: str  # "eof", "reset", "refused" or "open" (nothing more within the deadline)


def family_of(host):
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def connect(port, host="127.0.0.1", source=None, seconds=None):
    """A connected TCP socket; `source` is the address to come from."""
    client = socket.socket(family_of(host), socket.SOCK_STREAM)
    client.settimeout(wait.PATIENCE if seconds is None else seconds)
    try:
        if source:
            client.bind((source, 0))
        client.connect((host, port))
    except OSError:
        client.close()
        raise
    return client


def read_all(client):
    """What arrives until the other side ends it."""
    data = b""
    while True:
        try:
            chunk = client.recv(65536)
        except ConnectionResetError:
            return Reply(data, "reset")
        except (TimeoutError, BlockingIOError):
            return Reply(data, "open")
        if not chunk:
            return Reply(data, "eof")
        data += chunk


def exchange(port, request=b"", host="127.0.0.1", source=None, half_close=True, seconds=None):
    """Connects, sends, says that nothing more comes, and reads to the end."""
    try:
        client = connect(port, host, source, seconds)
    except ConnectionRefusedError:
        return Reply(b"", "refused")
    with client:
        try:
            if request:
                client.sendall(request)
            if half_close:
                client.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # the other side was faster; what it said is still to be read
        return read_all(client)


def read_some(client, count, seconds=None):
    """Exactly `count` bytes, or fewer if the stream ends before."""
    client.settimeout(wait.PATIENCE if seconds is None else seconds)
    data = b""
    while len(data) < count:
        chunk = client.recv(count - len(data))
        if not chunk:
            break
        data += chunk
    return data


def datagram_socket(host="127.0.0.1", source=None, source_port=0):
    client = socket.socket(family_of(host), socket.SOCK_DGRAM)
    client.bind((source or ("::" if ":" in host else ""), source_port))
    return client


def ask(port, payload, host="127.0.0.1", source=None, source_port=0, seconds=None):
    """One datagram there and one back; None if no answer comes within the deadline."""
    with datagram_socket(host, source, source_port) as client:
        client.sendto(payload, (host, port))
        ready, _, _ = select.select([client], [], [], wait.PATIENCE if seconds is None else seconds)
        return client.recvfrom(65536)[0] if ready else None


def read_all_within(client, seconds):
    """As read_all, but for a given time only: to see that nothing comes."""
    client.settimeout(seconds)
    return read_all(client)
