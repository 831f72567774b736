# SPDX-License-Identifier: BSD-2-Clause
#
# A syslog daemon of our own on /dev/log (the sandbox has its own /dev).

import os
import re
import socket

STAMP = r"(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d )?"
LINE = re.compile(rf"<(\d+)>{STAMP}([^ \[:]+)(?:\[\d+\])?: (.*)", re.S)
PATH = "/dev/log"


class Syslog:
    """Collects (priority, tag, text) of every datagram."""

    def __init__(self):
        if os.path.lexists(PATH):
            os.unlink(PATH)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(PATH)
        os.chmod(PATH, 0o666)
        self.socket.setblocking(False)
        self.lines = []

    def close(self):
        self.socket.close()
        os.unlink(PATH)

    def collect(self):
        while True:
            try:
                data = self.socket.recv(65536)
            except BlockingIOError:
                return self.lines
            match = LINE.fullmatch(data.rstrip(b"\n\0").decode(errors="surrogateescape"))
            if not match:
                raise AssertionError(f"not a syslog line: {data!r}")
            self.lines.append((int(match.group(1)), match.group(2), match.group(3)))
