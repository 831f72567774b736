# SPDX-License-Identifier: BSD-2-Clause
#
# Runs cases on one daemon, in private namespaces of its own, and writes what was observed: one JSON
# line for each case on standard output. Started by run.py, twice: with xinetd, and with usherd
# under that name.

import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
INTEGRATION = HERE.parents[1] / "integration"
sys.path[:0] = [str(HERE), str(INTEGRATION)]
sys.path.append(str(INTEGRATION / "harness"))  # for the cases: config alone, without the sandbox
import harness  # noqa: E402,F401  (enters the sandbox)
from harness import client, logs, probe, processes, sandbox, wait  # noqa: E402
from harness import case as cases_of_harness  # noqa: E402
from harness import daemon as daemons  # noqa: E402
from harness.syslog import Syslog  # noqa: E402
import cases  # noqa: E402
import observe  # noqa: E402

DIRECTORY = sandbox.WORK / "case"
WAITING_SERVER = INTEGRATION / "handlers/waiting_server.py"


class Run:
    """One case on one daemon; what scripts use."""
    client = client
    processes = processes
    logs = logs
    wait_until = staticmethod(wait.wait_until)

    def __init__(self, kind, chosen):
        self.kind = kind
        self.case = chosen
        shutil.rmtree(DIRECTORY, ignore_errors=True)
        self.directory = DIRECTORY
        self.daemon = daemons.Daemon(kind, DIRECTORY)
        DIRECTORY.parent.chmod(0o755)
        self.daemon.configure(chosen.configuration)
        for name, text in chosen.files:
            self.daemon.write(name, text)
        self.extra = []
        self.held = 0  # clients of a `cat` that stay connected

    def popen(self):
        """Keyword arguments for a daemon of another user."""
        if not self.case.user:
            return {}
        DIRECTORY.chmod(0o777)
        number = self.case.user
        return {"user": number, "group": number, "extra_groups": []}

    def observe(self):
        if self.case.prepare:
            self.case.prepare(self)
        if self.case.start:
            self.daemon.start(*self.case.options, **self.popen())
        seen = self.case.script(self)
        self.settle()
        found = {"seen": observe.plain(seen), "exit": self.end()}
        records = [observe.record(line) for line in self.daemon.records()]
        if self.case.repeated:
            records = set(records)
        ordered = not self.case.unordered and not self.case.repeated
        found["records"] = records if ordered else sorted(records)
        found["messages"] = observe.messages(self.message_text())
        return found

    def message_text(self):
        path = self.daemon.message_file
        return path.read_bytes().decode(errors="surrogateescape") if path.exists() else ""

    def end(self):
        if self.daemon.process is None:
            return None
        return self.daemon.stop() if not self.daemon.exited() else self.daemon.process.returncode

    def settle(self):
        """Until the daemon has written all that it will write about what happened so far."""
        daemon = self.daemon
        if daemon.process is None or daemon.exited():
            return
        if self.held:
            wait.wait_until(lambda: len(processes.children(daemon.pid)) <= self.held,
                            lambda: f"the handlers of held clients alone\n{daemon.story()}")
        elif self.case.tidy:
            daemon.wait_idle()
        daemon.wait_asleep()

    def talk(self, port, request=b"", host="127.0.0.1", **how):
        reply = client.exchange(port, request, host, **how)
        self.settle()
        return reply

    def ask(self, port, payload, **how):
        """One datagram, once the daemon has time for it."""
        self.daemon.wait_asleep()
        answer = client.ask(port, payload, **how)
        self.daemon.wait_asleep()
        return answer

    def look(self, port, **how):
        reply = client.exchange(port, **how)
        self.settle()
        return observe.facts(probe.parse(reply.data))

    def environment(self, port):
        seen = probe.parse(client.exchange(port).data)
        self.settle()
        return seen.environment

    def hold(self, port, source=None):
        """A client of a `cat` that is served and stays."""
        connection = client.connect(port, source=source)
        connection.sendall(b"x")
        if client.read_some(connection, 1) != b"x":
            raise AssertionError("a client that is to be held is refused")
        self.held += 1
        self.daemon.wait_asleep()
        return connection

    def release(self, *connections):
        """Ends clients that were held."""
        for connection in connections:
            connection.close()
            self.held -= 1
        self.settle()

    def early_in_a_second(self):
        wait.wait_until(lambda: time.time() % 1 < 0.1, "a new second", pause=0.001)

    def program(self):
        return str(daemons.program(self.kind))

    def command(self, *words):
        return subprocess.run([self.program(), *words], capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, env=daemons.ENVIRONMENT, check=False,
                              timeout=wait.PATIENCE, cwd="/")

    def background(self):
        """The status of the process that starts the daemon in the background."""
        with open(self.daemon.stderr_file, "ab") as errors:
            return subprocess.run(self.daemon.command(*self.case.options), check=False,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                  stderr=errors, env=daemons.ENVIRONMENT,
                                  timeout=wait.PATIENCE).returncode

    def background_pid(self):
        def number():
            try:
                return int(self.daemon.pid_file.read_text())
            except (FileNotFoundError, ValueError):
                return None
        return wait.wait_until(number, "a pid file")

    def read(self, name):
        path = self.directory / name
        return path.read_text(errors="surrogateescape") if path.exists() else None

    def dump(self, start, end):
        path = pathlib.Path("/var/run/xinetd.dump")
        path.unlink(missing_ok=True)
        self.daemon.send(signal.SIGUSR1)
        self.daemon.wait_for_message("generated state dump in file")
        text = path.read_text()
        text = text[text.index(start):]
        text = text[:text.index(end)]
        return re.sub(r"service fd = \d+", "service fd = N", text)

    def socket_option(self, port, level, number):
        """Asks a copy of the daemon's own listening socket, taken with pidfd_getfd(2)."""
        inode = next(inode for inode, (local, state) in processes.tcp_sockets().items()
                     if local == port and state == processes.TCP_LISTEN)
        descriptor = next(descriptor for descriptor, target
                          in processes.descriptors(self.daemon.pid).items()
                          if target == f"socket:[{inode}]")
        pidfd = os.pidfd_open(self.daemon.pid)
        copy = sandbox.LIBC.syscall(438, pidfd, descriptor, 0)
        os.close(pidfd)
        if copy < 0:
            raise AssertionError("pidfd_getfd is refused here")
        with socket.socket(fileno=copy) as taken:
            return taken.getsockopt(level, number)

    def dump_again(self):
        """How many dumps the file has after a second one."""
        self.daemon.send(signal.SIGUSR1)
        self.daemon.wait_for_message("generated state dump in file", 2)
        return pathlib.Path("/var/run/xinetd.dump").read_text().count("INTERNAL STATE DUMP")

    def syslog(self):
        return Syslog()

    def without_processes(self, action):
        """Calls `action` while the daemon, of an ordinary user, may make no further process."""
        self.allow_processes(1)
        seen = action()
        self.allow_processes(4096)
        return seen

    def allow_processes(self, count):
        number = self.case.user
        subprocess.run(["prlimit", "--pid", str(self.daemon.pid), f"--nproc={count}:4096"],
                       check=True, user=number, group=number, extra_groups=[])

    def close(self):
        """Ends what is left, the daemon first."""
        if self.daemon.process and not self.daemon.exited():
            self.daemon.process.kill()
            self.daemon.process.wait()
        for thing in self.extra:
            thing.close()
        for name in ("hosts.allow", "hosts.deny", "inetd.conf"):
            pathlib.Path("/etc", name).unlink(missing_ok=True)
        cases_of_harness.end_strangers()


def install():
    probe.PATH.parent.mkdir(exist_ok=True)
    shutil.copy(probe.BUILT, probe.PATH)
    probe.PATH.chmod(0o755)
    shutil.copy(WAITING_SERVER, "/tmp/home/waiting_server.py")


def run_case(kind, chosen):
    run = Run(kind, chosen)
    try:
        found = run.observe()
        reports = daemons.sanitizer_reports([run.daemon])
        if reports:
            raise AssertionError("\n".join(reports))
    except Exception as error:  # whatever goes wrong is the case's result
        found = {"error": f"{type(error).__name__}: {error}\n{run.daemon.story()}"}
    run.close()
    return found


def main(kind, share, shares, only, every):
    if sandbox.unavailable:
        sys.exit(f"compat: {sandbox.unavailable}")
    install()
    chosen = cases.select(only, every)[share::shares]
    for found in chosen:
        started = time.monotonic()
        result = run_case(kind, found)
        result["seconds"] = round(time.monotonic() - started, 2)
        print(json.dumps({"case": found.name, "found": result}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], int(sys.argv[5]))
