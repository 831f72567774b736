# SPDX-License-Identifier: BSD-2-Clause
#
# A server of a service with `wait = yes`: has the listening or datagram socket on descriptor 0.
# usage: waiting_server.py WHAT COUNT, where WHAT is
#   serve     serves COUNT requests, then exits
#   idle      serves COUNT requests, then stays, its pid being what it answered
#   ignore    exits without touching the socket

import os
import signal
import socket
import sys

what, count = sys.argv[1], int(sys.argv[2])
served = socket.socket(fileno=0)
answer = str(os.getpid()).encode()
for _ in range(0 if what == "ignore" else count):
    if served.type == socket.SOCK_DGRAM:
        request, sender = served.recvfrom(65536)
        served.sendto(answer + b" " + request, sender)
    else:
        connection, _ = served.accept()
        with connection:
            connection.sendall(answer + b" " + connection.recv(65536))
if what == "idle":
    signal.pause()
served.detach()
