# SPDX-License-Identifier: BSD-2-Clause
#
# An ident server on port 113 of the loopback addresses, with a reply of the test's choosing.

import socket
import threading


class Identd:
    """`reply` is bytes, where PORTS stands for the two ports of the query; a function of the
    connection, which it may keep; or None: silence."""

    def __init__(self, reply):
        self.reply = reply
        self.queries = []   # (query, where it came from, where it came to)
        self.kept = []
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(("", 113))
        self.socket.listen(256)
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        for connection in [self.socket, *self.kept]:
            connection.close()

    def serve(self):
        while True:
            try:
                connection, source = self.socket.accept()
            except OSError:
                return
            query = connection.recv(1000)
            self.queries.append((query, source[0], connection.getsockname()[0]))
            if self.reply is None or callable(self.reply):
                self.kept.append(connection)
                if self.reply:
                    threading.Thread(target=self.reply, args=(connection,), daemon=True).start()
                continue
            ports = query.strip().replace(b",", b" , ")
            try:
                connection.sendall(self.reply.replace(b"PORTS", ports))
            except OSError:
                pass  # the other side has had enough
            connection.close()
