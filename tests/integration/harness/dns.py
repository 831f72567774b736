# SPDX-License-Identifier: BSD-2-Clause
#
# A DNS server on the loopback address for tests: answers from a table, or not at all.

import ipaddress
import pathlib
import socket
import struct
import threading

TYPES = {1: "A", 12: "PTR", 28: "AAAA"}


class DnsServer:
    """`table` maps (name in lower case, type) to a list of values; "silence" as the value means
    that nothing is answered."""

    def __init__(self, table, ttl=60):
        self.table = table
        self.ttl = ttl
        self.questions = []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 53))
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()
        etc = pathlib.Path("/etc")
        self.saved = {name: (etc / name).read_text() for name in ("nsswitch.conf", "resolv.conf")}
        (etc / "nsswitch.conf").write_text(
            self.saved["nsswitch.conf"].replace("hosts: files", "hosts: files dns"))
        (etc / "resolv.conf").write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")

    def close(self):
        for name, text in self.saved.items():
            pathlib.Path("/etc", name).write_text(text)
        # Closing alone does not wake the thread.
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
            end.sendto(b"", ("127.0.0.1", 53))
        self.thread.join()
        self.socket.close()

    def serve(self):
        while True:
            query, sender = self.socket.recvfrom(4096)
            if not query:
                return
            name, kind, end = question(query)
            self.questions.append((name, kind))
            values = self.table.get((name, kind), [])
            if values != "silence":
                known = any(key[0] == name for key in self.table)
                self.socket.sendto(answer(query, end, kind, values, known, self.ttl),
                                   sender)


def question(query):
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode())
        at += 1 + query[at]
    number = struct.unpack_from("!H", query, at + 1)[0]
    return ".".join(labels).lower(), TYPES.get(number, str(number)), at + 5


def encoded(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"


def answer(query, end, kind, values, known, ttl):
    # A response with recursion; code 3 (no such name) unless the name exists.
    flags = 0x8180 | (0 if known else 3)
    data = query[:2] + struct.pack("!5H", flags, 1, len(values), 0, 0) + query[12:end]
    for value in values:
        packed = (encoded(value) if kind == "PTR" else ipaddress.ip_address(value).packed)
        data += b"\xc0\x0c" + query[end - 4:end] + struct.pack("!IH", ttl, len(packed)) + packed
    return data


def reverse(address):
    return ipaddress.ip_address(address).reverse_pointer
