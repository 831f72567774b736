# SPDX-License-Identifier: BSD-2-Clause
#
# A status socket with prepared answers, in a thread of the test: for what needs no daemon behind.

import http.server
import json
import os
import socketserver
import threading


class FakeStatus:
    """Answers GET with what `answers` has for the path; None is a 404. Values are made JSON."""

    def __init__(self, path, answers):
        self.path = str(path)
        self.answers = answers
        self.asked = []
        fake = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                fake.asked.append(self.path)
                answer = fake.answers(self.path)
                body = json.dumps(answer if answer is not None else
                                  {"error": "not_found", "message": "no such path"}).encode()
                self.send_response(200 if answer is not None else 404)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def address_string(self):
                return "unix"

            def log_message(self, *_):
                pass

        self.server = socketserver.ThreadingUnixStreamServer(self.path, Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
        os.unlink(self.path)
