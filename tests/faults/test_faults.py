# SPDX-License-Identifier: BSD-2-Clause
#
# Every system call that the daemon makes between accept and exec, in a reload, in logging and in
# the status socket fails with each error that it may return: the daemon lives, gives everything
# back, serves again, and its tables are right. `python3 test_faults.py --table` writes README.md.

import pathlib
import re
import signal
import subprocess
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "integration")]

import harness  # noqa: E402,F401  (enters the sandbox)
from harness import status  # noqa: E402
from harness.case import USHERD, WORK, IntegrationCase, processes, wait  # noqa: E402

import matrix  # noqa: E402
import paths  # noqa: E402
from shim import Faults  # noqa: E402

TABLE = []  # (path, call, error, client saw, daemon said, came back)
# The client has gone, or the error is one after which the call is made again: nobody need know.
QUIET = {"ECONNABORTED", "ECONNRESET", "EPROTO", "EPIPE", "EINTR", "EAGAIN", "ENOTCONN"}
# So it is where nothing can be sent to the one client that there is.
QUIET_CALLS = {"recv", "recvfrom", "send", "sendto", "writev"}
# Who asks the status socket is told himself.
QUIET_PATHS = {"reload", "status"}
WALKS = 4  #: at most, until a call is made that another walk has made


class FaultCase(IntegrationCase):
    def setUp(self):
        super().setUp()
        paths.prepare()
        self.faults = Faults(WORK / "faults")
        self.subject = self.daemon(USHERD, paths.configuration())
        self.socket = self.subject.directory / "status" / "sock"
        self.subject.start("--status-socket", str(self.socket),
                           environment=self.faults.environment())
        self.paths = paths.Paths(self.subject, self.socket)
        for name in paths.NAMES * 2:  # warm, and the guest is gone again
            self.assertEqual(self.walk(name), "served", name)
        self.settle()
        self.held = len(processes.descriptors(self.subject.pid))

    def walk(self, name):
        return getattr(self.paths, name)()

    def settle(self, what=""):
        """Until nothing runs, and nobody is at the status socket, who was asked that."""
        def is_idle():
            return not status.get(self.socket, "/v1/status")["running"] \
                and not processes.children(self.subject.pid)
        wait.wait_until(is_idle, lambda: f"{what}: idle\n{self.subject.story()}")
        wait.wait_until(lambda: not self.askers(), f"{what}: a client of the status socket stays")

    def askers(self):
        """Connections that the status socket has, of /proc/net/unix: those have the state 03."""
        rows = map(str.split, pathlib.Path("/proc/net/unix").read_text().splitlines())
        return [row for row in rows if row[7:] == [str(self.socket)] and row[5] == "03"]

    def come_back(self, name, what):
        """@return what it took until everything was as before: nothing, time, or a reload"""
        took = ""
        if self.walk(name) != "served":
            took = "later"
            try:
                wait.wait_until(lambda: self.walk(name) == "served", what, 5)
            except wait.Timeout:
                took = "after a reload"
                status.ask(self.socket, "/v1/reload", "POST")
                wait.wait_until(lambda: self.walk(name) == "served",
                                lambda: f"{what}\n{self.subject.story()}")
        if self.paths.turn % 2:
            wait.wait_until(lambda: self.paths.reload() == "served" and not self.paths.turn % 2,
                            f"{what}: a reload")
        self.settle(what)
        wait.wait_until(lambda: len(processes.descriptors(self.subject.pid)) <= self.held,
                        lambda: f"{what}: {self.held} descriptors, there are "
                                f"{processes.descriptors(self.subject.pid)}")
        self.check_tables(what)
        return took

    def check_tables(self, what):
        before = len([text for text in self.subject.message_texts() if "Consistency" in text])
        self.subject.send(signal.SIGABRT)
        told = self.subject.wait_for_message("Consistency check", before + 1)
        self.assertIn("passed", told[-1], f"{what}\n{self.subject.story()}")

    def fail_once(self, name, call, error, skip):
        which = f"{call}`, {ordinal(skip + 1)}" if skip else f"{call}`"
        what = f"{name}, {which}: {error}"
        said_before = self.complaints()
        saw, failed = self.walk_failing(name, call, error, skip)
        self.assertFalse(self.subject.exited(), f"{what}: the daemon ended")
        took = self.come_back(name, what)
        if failed and saw != "served" and error not in QUIET and call not in QUIET_CALLS \
                and name not in QUIET_PATHS:
            # What is told once a second is summed up a second later.
            wait.wait_until(lambda: len(self.complaints()) > len(said_before),
                            f"{what}: the client saw {saw!r} and the log says nothing", 5)
        said = self.complaints()[len(said_before):]
        TABLE.append((name, which, error, saw if failed else "(not made)", self.plain(said), took))

    def walk_failing(self, name, call, error, skip):
        """Some calls are made in one walk and not in the next: a byte that came later, an exit that
        was seen together with another. @return what the client saw, whether the call failed"""
        for _ in range(WALKS):
            self.faults.arm(call, error, skip=skip)
            saw = self.walk(name)
            failed = self.faults.disarm(call)
            if failed or saw != "served":
                break
        return saw, failed

    def complaints(self):
        return self.subject.message_texts("ERROR", "WARNING", "CRITICAL", "ALERT")

    @staticmethod
    def plain(said):
        texts = []
        for text in said:
            text = re.sub(r"\d{3,}|(?<=\bfd )\d+", "N", text)
            if text not in texts:
                texts.append(text)
        return "; ".join(texts)


def ordinal(number):
    return f"{number}{({1: 'st', 2: 'nd', 3: 'rd'}).get(number, 'th')}"


def path_test(name):
    def test(self):
        before = self.faults.seen()
        for _ in range(2):  # both ways of a reload
            self.assertEqual(self.walk(name), "served")
        wait.wait_until(lambda: not processes.children(self.subject.pid), "no server left")
        after = self.faults.seen()
        made = {call: -(-(after[call] - before[call]) // 2) for call in sorted(after)
                if after[call] > before[call]}
        unknown = [call for call in made
                   if call not in matrix.ERRORS and call not in matrix.EXCUSED]
        self.assertEqual(unknown, [], "matrix.py has no errors for them")
        wrong = []
        for call in made:
            for error, skip in matrix.turns_of(name, call, made[call]):
                try:
                    self.fail_once(name, call, error, skip)
                except AssertionError as problem:
                    wrong.append(f"{name}, {call}, {skip}: {error}: {problem}")
                    if len(wrong) > 2 or self.subject.exited():
                        self.fail("\n\n".join(wrong))
        self.assertEqual(wrong, [])
    return test


class Program(FaultCase):
    """One call fails once, on the way to a program: every call with every error."""


class Servers(FaultCase):
    """On the way to programs of other kinds."""


class Inside(FaultCase):
    """On the way to what the daemon does itself."""


class Steering(FaultCase):
    """In a reload and in the status socket."""


for each in paths.NAMES:
    case = {"program": Program, "stderr": Servers, "unix": Servers, "wait": Servers,
            "reload": Steering, "status": Steering}.get(each, Inside)
    setattr(case, f"test_each_call_of_{each}", path_test(each))
del case


class Watches(FaultCase):
    """The kernel has no memory for a watch, more than once in a row."""

    def test_the_status_socket_lets_clients_in_again_after_its_own_watch_failed(self):
        for skip in range(4):  # of the client that there is, of the next, or of the listener
            with self.subTest(skip=skip):
                self.faults.arm("accept4", "EMFILE")
                self.faults.arm("epoll_ctl", "ENOMEM", skip=skip)
                self.walk("status")
                self.faults.disarm("accept4")
                self.faults.disarm("epoll_ctl")
                wait.wait_until(lambda: self.walk("status") == "served", "the status socket", 10)

    def test_a_client_of_the_status_socket_that_could_not_be_watched_is_let_go_or_answered(self):
        before = len(processes.descriptors(self.subject.pid))
        for skip in range(4):
            for times in range(1, 5):
                self.faults.arm("epoll_ctl", "ENOMEM", times=times, skip=skip)
                self.walk("status")
                self.faults.disarm("epoll_ctl")
                self.assertEqual(self.walk("status"), "served")
        wait.wait_until(lambda: len(processes.descriptors(self.subject.pid)) <= before,
                        lambda: f"{before} descriptors: {processes.descriptors(self.subject.pid)}")


class Observed(FaultCase):
    def test_the_matrix_has_every_call_that_strace_sees(self):
        strace = self.tool("strace")
        trace = WORK / "trace"
        tracer = subprocess.Popen([strace, "-f", "-qq", "-o", str(trace), "-p",
                                   str(self.subject.pid)], stderr=subprocess.PIPE)
        try:
            attached = wait.wait_until(lambda: self.traced() or tracer.poll() is not None,
                                       "strace attaches")
            if attached is True and tracer.poll() is not None:
                self.skipTest("strace may not attach here")
            for name in paths.NAMES:
                wait.wait_until(lambda: self.walk(name) == "served", name)
            self.walk("reload")
        finally:
            tracer.send_signal(signal.SIGINT)
            tracer.communicate()
        seen = set(re.findall(r"^\d+ +([a-z_0-9]+)\(", trace.read_text(errors="replace"), re.M))
        known = {*matrix.ERRORS, *matrix.EXCUSED, *matrix.KERNEL, *matrix.UNSEEN}
        known |= {call.removeprefix("child.") for call in matrix.ERRORS}
        # What servers do for themselves.
        self.assertEqual(sorted(seen - known - {"dup2"}), [])

    def traced(self):
        text = pathlib.Path(f"/proc/{self.subject.pid}/status").read_text()
        return re.search(r"TracerPid:\s+[1-9]", text) is not None


def table():
    lines = ["| path | call | error | client | the log | came back |", "|---|---|---|---|---|---|"]
    for path, call, error, saw, said, took in TABLE:
        said = said.replace(f"{WORK}/", "").replace("|", "\\|").replace("\n", " ")
        said = said if len(said) <= 160 else said[:157] + "…"
        lines.append(f"| {path} | `{call} | {error} | {saw} | {said} | {took or 'at once'} |")
    return "\n".join(lines) + "\n"


def write_table():
    readme = HERE / "README.md"
    head, mark, _ = readme.read_text().partition("<!-- made by test_faults.py --table -->\n")
    readme.write_text(head + mark + "\n" + table())


if __name__ == "__main__":
    wants_table = "--table" in sys.argv
    arguments = [word for word in sys.argv if word != "--table"]
    program = unittest.main(argv=arguments, exit=False)
    if wants_table:
        write_table()
    sys.exit(not program.result.wasSuccessful())
