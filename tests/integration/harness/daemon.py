# SPDX-License-Identifier: BSD-2-Clause
#
# One running daemon: xinetd as the oracle, usherd, or usherd through a link named xinetd.
# Started with a configuration in its own directory, watched through its logs and /proc.

import os
import pathlib
import signal
import subprocess

from . import logs, processes, sandbox, wait
from .programs import ORACLE_BINARY

SANITIZER_DIRECTORY = pathlib.Path("/tmp/sanitizer")
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C", "TZ": "UTC",
               "ASAN_OPTIONS": f"log_path={SANITIZER_DIRECTORY}/asan",
               "UBSAN_OPTIONS": f"print_stacktrace=1:log_path={SANITIZER_DIRECTORY}/ubsan",
               "TSAN_OPTIONS": f"log_path={SANITIZER_DIRECTORY}/tsan"}
SANITIZER_WORDS = ("AddressSanitizer", "LeakSanitizer", "ThreadSanitizer", "runtime error:",
                   "UndefinedBehaviorSanitizer")

XINETD = "xinetd"
USHERD = "usherd"
LINKED = "usherd-as-xinetd"


def program(kind):
    """Path of the program for a kind of daemon, or None if it is not built."""
    if kind == XINETD:
        return sandbox.ORACLE / ORACLE_BINARY
    binary = sandbox.BINARIES / "usherd"
    if not binary.exists():
        return None
    if kind == USHERD:
        return binary
    link = pathlib.Path("/tmp/link/xinetd")
    link.parent.mkdir(exist_ok=True)
    if not link.is_symlink():
        link.symlink_to(binary)
    return link


class Daemon:
    """Runs until stop() or the end of the test. Files stand in `directory`; `@DIR@` in a
    configuration means that directory."""

    def __init__(self, kind, directory):
        self.kind = kind
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        prepare_reports()
        self.configuration = self.directory / "conf"
        self.message_file = self.directory / "messages"
        self.record_file = self.directory / "records"
        self.pid_file = self.directory / "pid"
        self.stderr_file = self.directory / "stderr"
        self.process = None
        self.pid = None

    @property
    def is_oracle(self):
        return self.kind == XINETD

    def configure(self, text):
        self.configuration.write_text(text.replace("@DIR@", str(self.directory)))
        return self

    def write(self, name, text):
        """A further file, e.g. a drop-in; `name` relative to the daemon's directory."""
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("@DIR@", str(self.directory)))
        return path

    def command(self, *options, filelog=True):
        words = [str(program(self.kind)), "-f", str(self.configuration),
                 "-pidfile", str(self.pid_file)]
        if filelog:
            words += ["-filelog", str(self.message_file)]
        if not self.is_oracle:
            words.append("--no-status-socket")
        return words + list(options)

    def start(self, *options, environment=None, ready=True, filelog=True, prefix=(), **popen):
        """Starts in the foreground and waits for `Started working`. `prefix` is a command that
        starts the daemon, as its child or in its own place."""
        # An earlier daemon's messages in the same directory are not this one's.
        self.message_file.unlink(missing_ok=True)
        command = [*prefix, *self.command("-dontfork", *options, filelog=filelog)]
        with open(self.stderr_file, "ab") as errors:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=errors,
                                            stderr=errors,
                                            env=ENVIRONMENT | (environment or {}), **popen)
        self.pid = self.process.pid
        if ready:
            self.wait_for_message("Started working: ")
        return self

    def exited(self):
        return self.process is not None and self.process.poll() is not None

    def messages(self):
        if not self.message_file.exists():
            return []
        return logs.messages(self.message_file.read_text(errors="surrogateescape"), self.is_oracle)

    def message_texts(self, *levels):
        return [message.text for message in self.messages()
                if not levels or message.level in levels]

    def records(self):
        if not self.record_file.exists():
            return []
        return logs.records(self.record_file.read_text(errors="surrogateescape"))

    def wait_for_message(self, part, count=1, seconds=None):
        def enough():
            found = [text for text in self.message_texts() if part in text]
            if len(found) >= count:
                return found
            if self.exited():
                raise AssertionError(f"{self.kind} ended with status {self.process.returncode} "
                                     f"instead of saying {part!r}\n{self.story()}")
            return None
        return wait.wait_until(enough, lambda: f"message {part!r}\n{self.story()}", seconds)

    def wait_for_record(self, part, count=1, seconds=None):
        def enough():
            found = [line for line in self.records() if part in line]
            return found if len(found) >= count else None
        return wait.wait_until(enough, lambda: f"record {part!r} ×{count}\n{self.story()}", seconds)

    def wait_for_records(self, count, seconds=None):
        """All records once there are at least `count`."""
        def enough():
            found = self.records()
            return found if len(found) >= count else None
        return wait.wait_until(enough, lambda: f"{count} records\n{self.story()}", seconds)

    def send(self, number):
        os.kill(self.pid, number)

    def reload(self):
        """SIGHUP, and waits until it is done."""
        before = len([text for text in self.message_texts() if "Reconfigured: " in text])
        self.send(signal.SIGHUP)
        return self.wait_for_message("Reconfigured: ", before + 1)[-1]

    def trip(self, connect):
        """Calls `connect` until cps has closed a service: two may fall into different seconds."""
        def tripped():
            connect()
            return any("Deactivating service" in text for text in self.message_texts())
        wait.wait_until(tripped, lambda: f"cps trips\n{self.story()}")

    def wait_asleep(self):
        """Until the daemon waits for events. xinetd throws away datagrams that come while it is
        still busy with the one before."""
        wait.wait_until(lambda: processes.all_asleep(self.pid), "a daemon that sleeps")

    def handlers(self):
        return processes.live_children(self.pid)

    def wait_for_handlers(self, count, seconds=None):
        def as_many():
            found = self.handlers()
            return (found or True) if len(found) == count else None
        return wait.wait_until(as_many, lambda: f"{count} handlers, there are "
                               f"{[processes.command(pid) for pid in self.handlers()]}", seconds)

    def wait_idle(self, seconds=None):
        """No handler, no zombie and no connection left."""
        def idle():
            return not processes.children(self.pid) and not processes.connections(self.pid)
        wait.wait_until(idle, lambda: f"idle; children {processes.children(self.pid)}, connections "
                        f"{processes.connections(self.pid)}\n{self.story()}", seconds)

    def stop(self, number=signal.SIGTERM, seconds=None):
        """Ends the daemon and returns its exit status."""
        if not self.exited():
            self.send(number)
        return self.wait_exit(seconds)

    def wait_exit(self, seconds=None):
        return wait.wait_until(lambda: None if self.process.poll() is None else (True,),
                               lambda: f"the end of {self.kind}\n{self.story()}", seconds,
                               pause=0.001) and self.process.returncode

    def stderr(self):
        return self.stderr_file.read_text(errors="replace") if self.stderr_file.exists() else ""

    def story(self):
        """Everything that helps to understand a failure."""
        parts = []
        for name in ("conf", "messages", "records", "stderr"):
            path = self.directory / name
            if path.exists():
                text = path.read_text(errors="replace")
                parts.append(f"--- {self.kind}: {name}\n{text[-6000:]}")
        return "\n".join(parts)


def prepare_reports():
    """Where sanitizers write, whoever's program they are in."""
    SANITIZER_DIRECTORY.mkdir(exist_ok=True)
    SANITIZER_DIRECTORY.chmod(0o777)


def sanitizer_reports(daemons):
    """Everything that a sanitizer said, and forgets it. Valgrind's file is there from the start:
    it says something once it is not empty."""
    found = []
    for daemon in daemons:
        if any(word in daemon.stderr() for word in SANITIZER_WORDS):
            found.append(daemon.stderr())
    if SANITIZER_DIRECTORY.exists():
        for report in SANITIZER_DIRECTORY.iterdir():
            if report.stat().st_size > 0:
                found.append(report.read_text(errors="replace"))
                report.unlink()
    return found
