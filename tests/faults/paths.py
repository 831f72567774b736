# SPDX-License-Identifier: BSD-2-Clause
#
# The paths through the daemon whose system calls are made to fail: one short visit for each, and
# what the client saw.

import os
import pathlib
import shutil
import socket

from harness import sandbox, status
from harness.config import defaults, internal, service
from harness.sandbox import WORK

HANDLER = WORK / "handler"
UNIX_SOCKET = WORK / "unix.sock"
BANNER = WORK / "banner"
DROP_INS = WORK / "conf.d"
PATIENCE = 3  # seconds for an answer while a call fails

PROGRAM, WAIT, ECHO, ECHO_UDP, RELAY, DENIED, GREETED, GUEST, COMPLAIN = range(4000, 4009)


def program(name, port, mode="hello", **attributes):
    return service(name, **({"port": port, "server": HANDLER, "server_args": mode, "flags": "IPv4",
                             "id": name} | attributes))


def configuration():
    return "".join([
        defaults(cps="0 0", stderr="log"),
        # As another user, with everything that a child can be told to do.
        program("program", PROGRAM, user="alice", group="readers", groups="yes", nice=5,
                umask="027", rlimit_files=100, rlimit_cpu=60, no_new_privs="yes"),
        program("complain", COMPLAIN, mode="complain"),
        program("unix", None, listen=f"unix:{UNIX_SOCKET}", flags=None, socket_mode="0600",
                socket_owner="root"),
        program("wait", WAIT, mode="datagram", socket_type="dgram", protocol="udp", wait="yes"),
        internal("echo", id="echo", port=ECHO, flags="IPv4"),
        internal("echo", "dgram", id="echo-udp", port=ECHO_UDP, flags="IPv4"),
        program("relay", RELAY, server=None, server_args=None, redirect=f"127.0.0.1 {ECHO}"),
        program("denied", DENIED, no_access="127.0.0.1"),
        program("greeted", GREETED, banner=BANNER),
        f"includedir {DROP_INS}\n"])


def prepare():
    shutil.copy(sandbox.BINARIES / "usherd-soak-handler", HANDLER)
    HANDLER.chmod(0o755)
    BANNER.write_text("welcome\n")
    DROP_INS.mkdir()
    # With rules there is the helper for tcp_wrappers, on the way of each connection.
    pathlib.Path("/etc/hosts.deny").write_text("nobody: 127.0.9.9\n")


def connection(port):
    client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    client.settimeout(PATIENCE)
    client.connect(("127.0.0.1", port))
    return client


def told(client, request, wanted):
    """One word for what the client saw."""
    data = b""
    try:
        if request:
            client.sendall(request)
            client.shutdown(socket.SHUT_WR)
        while True:
            chunk = client.recv(4096)
            if not chunk:
                break
            data += chunk
    except TimeoutError:
        return "served, not closed" if data == wanted else "nothing"
    except OSError:  # also "not connected", of a shutdown that came too late
        return "reset"
    return "served" if data == wanted else "closed" if not data else f"{data[:20]!r}"


def visit(port, request=b"", wanted=b"hello\n"):
    try:
        with connection(port) as client:
            return told(client, request, wanted)
    except ConnectionRefusedError:
        return "refused"


def visit_unix():
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(PATIENCE)
        try:
            client.connect(str(UNIX_SOCKET))
        except OSError:
            return "refused"
        return told(client, b"", b"hello\n")


def ask(port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(PATIENCE)
        payload = os.urandom(8)
        client.connect(("127.0.0.1", port))
        client.send(payload)
        try:
            return "served" if client.recv(64) == payload else "something else"
        except TimeoutError:
            return "nothing"
        except ConnectionRefusedError:
            return "refused"


class Paths:
    def __init__(self, subject, status_path):
        self.subject = subject
        self.status_path = status_path
        self.turn = 0

    def program(self):
        return visit(PROGRAM)

    def stderr(self):
        return visit(COMPLAIN)

    def unix(self):
        return visit_unix()

    def wait(self):
        return ask(WAIT)

    def inside(self):
        return visit(ECHO, b"word", b"word")

    def datagram(self):
        return ask(ECHO_UDP)

    def relay(self):
        return visit(RELAY, b"word", b"word")

    def denied(self):
        return "served" if visit(DENIED) == "closed" else "not refused"

    def banner(self):
        return visit(GREETED, wanted=b"welcome\nhello\n")

    def reload(self):
        """A service comes or goes, another changes, the record log is made anew."""
        self.turn += 1
        guest = DROP_INS / "guest"
        if self.turn % 2:
            guest.write_text(program("guest", GUEST) + program("guest-unix", None,
                             listen=f"unix:{WORK}/guest.sock", flags=None, socket_mode="0600"))
        else:
            guest.unlink(missing_ok=True)
        records = self.subject.record_file
        if records.exists():
            records.rename(records.with_suffix(".old"))
        try:
            answer = status.ask(self.status_path, "/v1/reload", "POST")
        except OSError as problem:
            return type(problem).__name__
        return "served" if answer.status == 200 else f"{answer.status}"

    def status(self):
        try:
            answer = status.ask(self.status_path, "/v1/services")
        except Exception as problem:  # whatever http.client makes of half an answer
            return type(problem).__name__
        return "served" if answer.status == 200 else f"{answer.status}"


NAMES = ("program", "stderr", "unix", "wait", "inside", "datagram", "relay", "denied", "banner",
         "reload", "status")
