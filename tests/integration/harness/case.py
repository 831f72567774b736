# SPDX-License-Identifier: BSD-2-Clause
#
# Base class of the integration tests: starts daemons, cleans up after each test, and fails a test
# that leaves a process, a zombie, a connection or a sanitizer report behind.

import functools
import inspect
import os
import pathlib
import shutil
import signal
import unittest

from . import daemon as daemons
from . import client, logs, processes, programs, sandbox, wait
from .daemon import LINKED, USHERD, XINETD
from .sandbox import WORK

# For writing tests: what they expect is checked against xinetd alone.
ORACLE_ONLY = bool(os.environ.get("USHERD_ITEST_ORACLE_ONLY"))
HERE = pathlib.Path(__file__).resolve().parents[1]


def on(*kinds):
    """Runs a test method once for each kind of daemon: test(self, kind)."""
    def mark(function):
        function.kinds = kinds
        return function
    return mark


def not_wrapped(why):
    """Left out where another program runs the daemon, valgrind above all, that makes it slow or
    needs descriptors itself."""
    return unittest.skipIf(sandbox.WRAPPED, f"not under valgrind: {why}")


class IntegrationCase(unittest.TestCase):
    maxDiff = None

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        for name, function in list(vars(cls).items()):
            if inspect.isfunction(function) and hasattr(function, "kinds"):
                delattr(cls, name)
                for kind in function.kinds:
                    setattr(cls, f"{name}__{kind.replace('-', '_')}", bound(function, kind))

    def setUp(self):
        if sandbox.unavailable:
            self.skipTest(sandbox.unavailable)
        self.running = []
        shutil.rmtree(WORK, ignore_errors=True)
        WORK.mkdir()
        WORK.chmod(0o755)
        daemons.prepare_reports()
        self.addCleanup(self.clean_up)

    def start_with_nice_0(self):
        """For tests that see it: the tests themselves may be run with another."""
        self.addCleanup(os.setpriority, os.PRIO_PROCESS, 0, os.getpriority(os.PRIO_PROCESS, 0))
        os.setpriority(os.PRIO_PROCESS, 0, 0)

    def require(self, kind):
        """Leaves a test out while usherd is not built, but never in CI."""
        if daemons.program(kind) is None:
            if programs.in_ci():
                self.fail("usherd is not built; set USHERD_BIN_DIR")
            self.skipTest("usherd is not built; set USHERD_BIN_DIR")

    def daemon(self, kind, configuration=None, directory=None):
        """A daemon that is not started yet."""
        self.require(kind)
        made = daemons.Daemon(kind, directory or WORK / kind)
        self.running.append(made)
        if configuration is not None:
            made.configure(configuration)
        return made

    def hold(self, port=4000, source=None):
        """A connection to a service that echoes; it stays open until the end of the test."""
        held = client.connect(port, source=source)
        self.addCleanup(held.close)
        held.sendall(b"x")
        self.assertEqual(client.read_some(held, 1), b"x")
        return held

    def started(self, kind, configuration, *options, **keywords):
        return self.daemon(kind, configuration).start(*options, **keywords)

    def compare(self, configuration, scenario, *options, prepare=None, translate=None,
                against=USHERD):
        """Runs `scenario(daemon)` against xinetd and usherd, in the same directory one after the
        other, and compares what it returns. `prepare` is called before each start; `translate`
        turns xinetd's result into usherd's where a difference is meant."""
        directory = WORK / "same"
        seen = {}
        for kind in (XINETD, against):
            if kind == against and ORACLE_ONLY:
                return translate(seen[XINETD]) if translate else seen[XINETD]
            shutil.rmtree(directory, ignore_errors=True)
            subject = self.daemon(kind, configuration, directory)
            if prepare:
                prepare()
            subject.start(*options)
            seen[kind] = scenario(subject)
            subject.stop()
            self.end_leftovers()
            self.check_sanitizers()
        if translate:
            seen[XINETD] = translate(seen[XINETD])
        self.assertEqual(seen[XINETD], seen[against], "xinetd first, usherd second")
        return seen[against]

    def clean_up(self):
        """Every daemon ends, and nothing else is left."""
        problems = []
        for subject in self.running:
            if subject.process and not subject.exited():
                problems += self.retire(subject)
        problems += self.leftovers()
        problems += [f"sanitizer: {text}" for text in daemons.sanitizer_reports(self.running)]
        if problems:
            self.fail("\n".join(problems + [subject.story() for subject in self.running]))

    def retire(self, subject):
        problems = []
        try:
            if not processes.stat(subject.pid) or subject.process.poll() is not None:
                return []
            wait.wait_until(lambda: not processes.zombies_of(subject.pid)
                            and not processes.connections(subject.pid), "no zombie, no connection",
                            10)
        except wait.Timeout:
            problems.append(f"{subject.kind} keeps zombies {processes.zombies_of(subject.pid)}, "
                            f"connections {processes.connections(subject.pid)}")
        except (FileNotFoundError, ProcessLookupError):
            pass
        try:
            status = subject.stop()
            if status != 0:
                problems.append(f"{subject.kind} ended with status {status}")
        except wait.Timeout as timeout:
            problems.append(str(timeout))
            subject.process.kill()
            subject.process.wait()
        return problems

    def leftovers(self, seconds=10):
        """Processes that outlive the daemons; they are ended."""
        try:
            wait.wait_until(lambda: not strangers(), "no process left", seconds)
        except wait.Timeout:
            return [f"left over: {pid} {text}" for pid, text in end_strangers()]
        return []

    def end_leftovers(self):
        """For tests whose handlers outlive the daemon on purpose."""
        end_strangers()

    def check_sanitizers(self):
        reports = daemons.sanitizer_reports(self.running)
        if reports:
            self.fail("sanitizer:\n" + "\n".join(reports))

    def tool(self, name):
        """Path of a program from packages.txt; never silently missing."""
        found = shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin:/usr/lib/git-core")
        if not found:
            text = f"{name} is not installed; see tests/integration/packages.txt"
            if programs.in_ci():
                self.fail(text)
            self.skipTest(text)
        return found


def bound(function, kind):
    @functools.wraps(function)
    def run(self):
        self.require(kind)
        return function(self, kind)
    del run.kinds
    run.__doc__ = f"{(function.__doc__ or function.__name__).splitlines()[0]} [{kind}]"
    return run


def strangers():
    """Processes other than the test's own; zombies that were left to us are reaped on the way."""
    found = []
    for pid in processes.pids():
        if pid == os.getpid():
            continue
        if processes.state(pid) == "Z" and processes.parent(pid) == os.getpid():
            try:
                os.waitpid(pid, os.WNOHANG)
            except ChildProcessError:
                pass
        if processes.state(pid) is not None:
            found.append(pid)
    return found


def end_strangers():
    named = [(pid, processes.command(pid)) for pid in strangers()]
    for pid, _ in named:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    wait.wait_until(lambda: not strangers(), "processes that were killed end")
    return named


__all__ = ["HERE", "LINKED", "USHERD", "WORK", "XINETD", "IntegrationCase", "logs",
           "not_wrapped", "on", "processes", "wait"]
