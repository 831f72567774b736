# SPDX-License-Identifier: BSD-2-Clause
#
# Connects again and again and waits to be sent away: knocker.py PORT COUNT FIRST_SOURCE
# Sources change within 127.1.0.0/16. Prints the seconds that it took.

import socket
import sys
import time

port, count, first = map(int, sys.argv[1:])
begin = time.monotonic()
for number in range(first, first + count):
    with socket.socket() as knock:
        # The port is chosen at connect(): no source runs out of ports.
        knock.setsockopt(socket.IPPROTO_IP, 24, 1)  # IP_BIND_ADDRESS_NO_PORT, ip(7)
        knock.bind((f"127.1.{number // 250 % 250}.{number % 250 + 1}", 0))
        knock.connect(("127.0.0.1", port))
        try:
            knock.recv(1)
        except ConnectionResetError:
            pass
print(time.monotonic() - begin)
