# SPDX-License-Identifier: BSD-2-Clause
"""A started server: until it is ready, what it did with a reload, and its end."""
import os
import re
import signal
import subprocess
import time

from . import probes, works

READY_SECONDS = 15.0
MANY_READY_SECONDS = 60.0
POLL_SECONDS = 0.002
SETTLED_SECONDS = 0.2


class Unusable(Exception):
    """A server did not start, or the load against it could not be run."""


class Unable(Unusable):
    """A server has no such work: nothing is wrong."""


def sample(count):
    """Some of `count` services, among them the first and the last."""
    return sorted({0, count - 1, *(count * part // 20 for part in range(20))})


class RunningServer:
    """A started peer, in a process group of its own that ends with it. `seconds`: from before its
    exec until every port accepts and its log, if it has one, says that it serves."""

    def __init__(self, peer, site, work, environment=()):
        self.peer, self.site, self.work = peer, site, work
        self.port = peer.port(site, work)
        command = peer.command(site, work)
        if command is None:
            raise Unable(f"cannot {work}")
        self.log = site.directory / "log"
        began = time.monotonic()
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", start_new_session=True,
                env=peer.environment(site) | dict(environment),
            )  # fmt: skip
        try:
            self.wait_until_ready()
            self.seconds = time.monotonic() - began
        except BaseException:
            self.stop()
            raise

    def wait_until_ready(self):
        work = self.work
        if work.kind != "services" or self.peer.serves_one:
            probe = probes.echoes if work.kind == "echo" else probes.accepts
            seconds = MANY_READY_SECONDS if work.kind == "list" else READY_SECONDS
            return self.wait_for(lambda: probe(self.port), seconds)
        for number in sample(work.size):
            port = self.port + number
            self.wait_for(lambda port=port: probes.accepts(port), MANY_READY_SECONDS)
        self.wait_for_log(reloads=0)

    def check_all_listen(self, ports):
        """Raises Unusable if one of them does not; takes too long to be part of a measurement."""
        lacking = set(ports) - probes.listening_ports()
        if lacking:
            raise Unusable(f"{len(lacking)} ports do not listen, one is {min(lacking)}")

    def wait_for(self, condition, seconds):
        deadline = time.monotonic() + seconds
        while not condition():
            if self.process.poll() is not None or time.monotonic() > deadline:
                tail = self.log.read_text(errors="replace").strip().splitlines()[-3:]
                raise Unusable("did not start or reload: " + " / ".join(tail))
            time.sleep(POLL_SECONDS)

    def wait_for_log(self, reloads):
        told = self.peer.log_of(self.site, reloads)
        if told is None:
            return
        path, text, count = told
        self.wait_for(
            lambda: path.exists() and len(re.findall(re.escape(text), path.read_text())) >= count,
            MANY_READY_SECONDS,
        )

    def reload(self, number):
        """Adds service `number`, of `work.size` and those added before. @return seconds from SIGHUP
        until its port accepts and the log says so"""
        self.peer.add_service(self.site, number, self.work.size)
        began = time.monotonic()
        self.process.send_signal(signal.SIGHUP)
        port = works.FIRST_SERVICE_PORT + number
        self.wait_for(lambda: probes.accepts(port), MANY_READY_SECONDS)
        self.wait_for_log(reloads=number - self.work.size + 1)
        return time.monotonic() - began

    @property
    def handlers(self):
        return {self.site.handler, self.site.holder}

    def cpu_seconds(self):
        return probes.cpu_seconds(self.process.pid)

    def own_pss(self):
        return probes.own_pss(self.process.pid, self.handlers)

    def settled_pss(self):
        """Once nothing is left of the connections that asked whether it is ready, or of a start: it
        has been the same for a while."""
        deadline = time.monotonic() + READY_SECONDS
        before, now = None, self.own_pss()
        while before != now and time.monotonic() < deadline:
            time.sleep(SETTLED_SECONDS)
            before, now = now, self.own_pss()
        return now

    def rss(self):
        return probes.rollup(self.process.pid, "Rss")

    def stop(self):
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self.process.pid, number)
            except ProcessLookupError:
                break
            try:
                self.process.wait(timeout=2)
            except subprocess.TimeoutExpired:
                continue
        self.process.wait()
        self.peer.clean_up()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
