# SPDX-License-Identifier: BSD-2-Clause
#
# An ident server (RFC 1413) for one address: answers each query with a given text, or not at all.

import re
import socket
import threading


class Ident:
    """`reply` may have {pair} in it, the two ports of the query. `queries` keeps what was asked,
    with the numbers replaced."""

    def __init__(self, address, reply):
        self.reply = reply
        self.queries = []
        self.listener = socket.create_server((address, 113))
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.listener.close()

    def serve(self):
        while True:
            try:
                asker, _ = self.listener.accept()
            except OSError:
                return
            with asker:
                query = asker.recv(1024)
                self.queries.append(re.sub(rb"\d+", b"N", query))
                pair = query.strip().decode()
                try:
                    asker.sendall(self.reply.replace("{pair}", pair).encode("latin-1"))
                    asker.shutdown(socket.SHUT_WR)
                    asker.recv(1)  # its end
                except OSError:
                    pass
