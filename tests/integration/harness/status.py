# SPDX-License-Identifier: BSD-2-Clause
#
# A client of the status socket, made of the standard library.

import dataclasses
import http.client
import json
import socket

from . import wait


class Connection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("usherd", timeout=wait.PATIENCE)
        self.path = str(path)

    def connect(self):
        self.sock = raw(self.path)


@dataclasses.dataclass(frozen=True)
class Answer:
    status: int
    text: str
    headers: dict

    @property
    def json(self):
        return json.loads(self.text)

    @property
    def error(self):
        return self.json["error"]


def raw(path):
    """A plain connection, for clients that do not behave."""
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    client.settimeout(wait.PATIENCE)
    try:
        client.connect(str(path))
    except OSError:
        client.close()
        raise
    return client


def ask(path, target, method="GET", body=None):
    connection = Connection(path)
    try:
        if isinstance(body, dict):
            body = json.dumps(body)
        connection.request(method, target, body=body)
        answer = connection.getresponse()
        return Answer(answer.status, answer.read().decode(),
                      {name.lower(): value for name, value in answer.getheaders()})
    finally:
        connection.close()


def get(path, target):
    """The JSON of a GET that must succeed."""
    answer = ask(path, target)
    if answer.status != 200:
        raise AssertionError(f"GET {target}: {answer}")
    return answer.json
