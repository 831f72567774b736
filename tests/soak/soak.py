# SPDX-License-Identifier: BSD-2-Clause
#
# The soak: a mixed load on one usherd for MINUTES, with reloads, killed handlers, followers of the
# status socket and clients that do not behave. Each second the daemon's counts are compared with
# those of the clients, of /proc and of the events; now and then everybody leaves, and everything
# must have been given back. Run by scripts/soak.sh.

import argparse
import collections
import csv
import dataclasses
import os
import pathlib
import shutil
import signal
import statistics
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "integration")]

import harness  # noqa: E402,F401  (enters the sandbox)
from harness import daemon as daemons  # noqa: E402
from harness import processes, sandbox, status, wait  # noqa: E402

import plot  # noqa: E402
import verdict  # noqa: E402
import world  # noqa: E402
from clients import Crowd  # noqa: E402
from follower import Follower  # noqa: E402
from ledger import Ledger  # noqa: E402

TICKS = os.sysconf("SC_CLK_TCK")
# What the daemon is expected to complain about; everything else at these levels is a finding.
LEVELS = ("ERROR", "CRITICAL", "WARNING")
EXPECTED = ("global_no_access list", "similar messages", "the soak's handler complains",
            "libwrap refused", " to runtime server",
            " to guest server", " to mover server")  # which a reload has taken away
TRANSITION = 10  # seconds that /proc and the events may differ about a process


class Soak:
    def __init__(self, options):
        self.options = options
        self.samples = []
        self.findings = []
        self.ledger = Ledger()
        self.turn = 0
        self.odd_since = {}
        self.read_messages = 0
        self.records = collections.Counter()
        self.rest_floor = None

    # -- the daemon

    def start(self):
        if sandbox.unavailable:
            sys.exit(f"soak: {sandbox.unavailable}")
        shutil.rmtree(world.WORK, ignore_errors=True)
        world.prepare(sandbox.BINARIES / "usherd-soak-handler")
        world.rewrite(0)
        self.daemon = daemons.Daemon(daemons.USHERD, world.WORK / "usherd")
        self.daemon.configure(world.configuration())
        self.socket = self.daemon.directory / "status" / "sock"
        self.daemon.start("--status-socket", str(self.socket), "-cc", "5")
        self.pid = self.daemon.pid
        self.follower = Follower(self.socket, self.pid)
        self.crowd = Crowd(self.ledger, self.socket, self.options.rate)
        self.crowd.mover_port = world.mover_port(0)
        self.begun = time.monotonic()

    def elapsed(self):
        return time.monotonic() - self.begun

    def finding(self, text):
        line = f"{self.elapsed():7.1f} s: {text}"
        print(line, flush=True)
        self.findings.append(line)

    def reload(self):
        """By signal, or by the status socket; one in four also swaps the log."""
        self.turn += 1
        world.rewrite(self.turn)
        if self.turn % 4 == 0:
            self.swap_records()
        before = status.get(self.socket, "/v1/status")["reloads"]
        if self.turn % 3:
            self.daemon.send(signal.SIGHUP)
        else:
            answer = status.ask(self.socket, "/v1/reload", "POST")
            if answer.status != 200:
                self.finding(f"reload: {answer}")
        reloads = wait.wait_until(lambda: self.reloaded(before["done"]), "a reload")
        if reloads["failed"]:
            self.finding(f"a reload failed: {reloads}")
        self.crowd.mover_port = world.mover_port(self.turn)

    def reloaded(self, done):
        reloads = status.get(self.socket, "/v1/status")["reloads"]
        return reloads if reloads["done"] > done or reloads["failed"] else None

    def swap_records(self):
        """As logrotate does: the file is renamed, the reload opens a new one."""
        old = self.daemon.directory / "records.old"
        if old.exists():
            self.count_records(old)
        if self.daemon.record_file.exists():
            self.daemon.record_file.rename(old)

    def count_records(self, path):
        with open(path, errors="replace") as lines:
            for line in lines:
                words = line.split(None, 2)
                self.records[words[1] if len(words) > 1 else "(broken)"] += 1
        path.unlink()

    # -- each second

    def sample(self, at_rest=0):
        least = self.ledger.least()
        offered = self.ledger.begun()
        told = status.get(self.socket, "/v1/status")
        services = status.get(self.socket, "/v1/services")["services"]
        most = self.ledger.most()
        sums = self.follower.up_to(told["next_event"])
        self.compare_sums(told, sums)
        self.compare_services(services, least, most)
        children, zombies = self.look_at_processes()
        fields = processes.stat(self.pid)
        latencies, self.crowd.latencies = self.crowd.latencies, []
        sample = verdict.Sample(
            round(self.elapsed(), 2), offered, self.ledger.in_flight(), told["accepted"],
            sum(told["refused"].values()), sums.started, sums.reaped, told["running"],
            len(children), len(zombies), self.descriptors(at_rest), self.rss(),
            (int(fields[11]) + int(fields[12])) / TICKS, told["reloads"]["done"],
            round(1000 * statistics.median(latencies), 2) if latencies else 0.0,
            round(1000 * max(latencies), 2) if latencies else 0.0, at_rest)
        self.samples.append(sample)
        self.writer.writerow(dataclasses.astuple(sample))
        for problem in self.ledger.take_problems():
            self.finding(problem)
        self.look_at_messages()
        return services

    def compare_sums(self, told, sums):
        """The status is one moment, and so are the events before its `next_event`. What a service
        that is gone had counted went with it: then the events tell more."""
        refused = sum(told["refused"].values())
        if told["accepted"] > sums.accepted or refused > sums.refused:
            self.finding(f"status counts {told['accepted']} accepted and {refused} refused, the "
                         f"events {sums.accepted} and {sums.refused}")
        live = sums.started - sums.reaped
        if live < 0 or live > told["running"]:
            self.finding(f"{sums.started} started − {sums.reaped} reaped are not among "
                         f"{told['running']} running")

    def compare_services(self, services, least, most):
        """accepted + refused = offered, as far as what is in flight allows."""
        for service in services:
            name = service["id"]
            if name in world.UNCOUNTED or name not in most:
                continue
            count = service["accepted"] + sum(service["refused_by"].values())
            low = 0 if name in world.LOOSE else least.get(name, 0)
            if not low <= count <= most[name]:
                self.finding(f"{name}: {count} counted, {low} to {most[name]} offered")

    def look_at_processes(self):
        """What differs for long has no transition to blame, not even on a busy machine."""
        children = set(processes.children(self.pid))
        zombies = {pid for pid in children if processes.state(pid) == "Z"}
        known = self.follower.processes()
        odd = {(what, pid) for what, pids in (
            ("a zombie", zombies), ("running for the events, not for /proc", known - children),
            ("running for /proc, not for the events", children - known)) for pid in pids}
        now = self.elapsed()
        self.odd_since = {each: self.odd_since.get(each, now) for each in odd}
        for each, since in self.odd_since.items():
            if now - since >= TRANSITION:
                self.finding(f"process {each[1]} is {each[0]} for {now - since:.0f} s")
        return children, zombies

    def descriptors(self, at_rest):
        """At rest the daemon has a moment to see that the last question's connection is closed."""
        deadline = time.monotonic() + (10 if at_rest else 0)
        while True:
            held = len(processes.descriptors(self.pid))
            if self.rest_floor is None or held <= self.rest_floor or time.monotonic() >= deadline:
                return held
            time.sleep(0.01)

    def rss(self):
        text = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return int(next(line.split()[1] for line in text.splitlines()
                        if line.startswith("VmRSS:")))

    def look_at_messages(self):
        with open(self.daemon.message_file, errors="replace") as file:
            file.seek(self.read_messages)
            for line in file:
                if not line.endswith("\n"):
                    break
                self.read_messages += len(line.encode())
                if any(f" {level}: " in line for level in LEVELS) and \
                        not any(part in line for part in EXPECTED):
                    self.finding(f"the daemon says: {line.strip()}")

    # -- at rest

    def rest(self):
        """Everybody leaves; counts must be equal, and nothing be held. The guest is not there: it has
        a descriptor."""
        if self.turn % 2:
            self.reload()
        self.crowd.gate.clear()
        try:
            wait.wait_until(lambda: self.ledger.in_flight() == 0, "all clients gone", 90)
            wait.wait_until(self.is_idle, "an idle daemon", 30)
        except AssertionError as late:
            self.finding(f"at rest: {late}; children "
                         f"{[processes.command(pid) for pid in processes.children(self.pid)]}")
        for service in self.sample(at_rest=1):
            self.check_service_at_rest(service)
        self.check_mover()
        self.crowd.gate.set()

    def is_idle(self):
        told = status.get(self.socket, "/v1/status")
        held = len(processes.descriptors(self.pid))
        if told["running"] or processes.children(self.pid) or not self.has_counted_all():
            return False
        if self.rest_floor is None:
            time.sleep(6)  # half a request is given five seconds
            self.rest_floor = held = len(processes.descriptors(self.pid))
        return held <= self.rest_floor

    def has_counted_all(self):
        """What nobody was told about, a refused datagram say, takes a moment to be counted."""
        expected = self.ledger.at_rest()
        return all(self.counted(service) in expected[service["id"]][0]
                   for service in status.get(self.socket, "/v1/services")["services"]
                   if service["id"] in expected
                   and service["id"] not in world.LOOSE | world.UNCOUNTED)

    @staticmethod
    def counted(service):
        return service["accepted"] + sum(service["refused_by"].values())

    def check_service_at_rest(self, service):
        name = service["id"]
        expected = self.ledger.at_rest()
        if name not in expected or name in world.LOOSE | world.UNCOUNTED:
            return
        bounds, served, refused = expected[name]
        if self.counted(service) not in bounds:
            self.finding(f"at rest, {name}: {self.counted(service)} counted, {bounds} offered")
        seen = service["accepted"], sum(service["refused_by"].values())
        if served is not None and seen != (served, refused):
            self.finding(f"at rest, {name}: {seen} accepted and refused, clients saw "
                         f"{(served, refused)}")
        if service["state"] != "active":
            self.finding(f"at rest, {name} is {service['state']}")

    def check_mover(self):
        with self.ledger.offer("mover"):
            from clients import connect, read_all
            with connect(self.crowd.mover_port) as connection:
                if read_all(connection) != b"hello\n":
                    self.finding("mover does not serve on the port it has moved to")

    # -- the whole

    def run(self):
        self.crowd.gather()
        end = self.options.minutes * 60
        rest_every = max(15.0, min(60.0, end / 6))
        next_rest, next_reload = rest_every / 2, 3.0
        self.crowd.gate.set()
        while self.elapsed() < end:
            tick = time.monotonic()
            if self.elapsed() >= next_rest:
                self.rest()
                next_rest = self.elapsed() + rest_every
            elif self.elapsed() >= next_reload:
                self.reload()
                next_reload = self.elapsed() + 5
            else:
                self.sample()
            if self.daemon.exited():
                self.finding(f"the daemon ended with {self.daemon.process.returncode}")
                return
            time.sleep(max(0.0, tick + 1 - time.monotonic()))
        self.rest()
        self.crowd.leave()

    def finish(self):
        if not self.daemon.exited():
            code = self.daemon.stop()
            if code != 0:
                self.finding(f"the daemon ended with {code}")
        for path in (self.daemon.directory / "records.old", self.daemon.record_file):
            if path.exists():
                self.count_records(path)
        if self.records["START:"] != self.records["EXIT:"] + self.inside():
            self.finding(f"records: {dict(self.records)}")
        for report in daemons.sanitizer_reports([self.daemon]):
            self.finding(f"sanitizer: {report}")

    def inside(self):
        """Datagrams answered in the loop and daytime have a START and no EXIT."""
        accounts = self.ledger.at_rest()
        return sum(accounts[name][1] or 0 for name in ("echo-udp", "daytime") if name in accounts)


def options():
    parser = argparse.ArgumentParser(prog="soak.sh", description="A mixed load for MINUTES.")
    parser.add_argument("minutes", type=float)
    parser.add_argument("--rate", type=float, default=1.0,
                        help="of the visits; 1 is about 150 connections a second")
    parser.add_argument("--output", type=pathlib.Path, required=True, help="directory")
    parser.add_argument("--title", default="")
    return parser.parse_args()


def main():
    chosen = options()
    chosen.output.mkdir(parents=True, exist_ok=True)
    check_memory = not os.environ.get("USHERD_SANITIZE")  # freed memory stays in quarantine
    soak = Soak(chosen)
    soak.start()
    with open(chosen.output / "soak.csv", "w", newline="") as file:
        soak.writer = csv.writer(file)
        soak.writer.writerow(verdict.Sample.names())
        try:
            soak.run()
        except Exception as problem:
            soak.finding(f"{problem!r}\n{soak.daemon.story()}")
        soak.finish()
    found = soak.findings + verdict.judge(soak.samples, check_memory)
    title = chosen.title or f"usherd, {chosen.minutes:g} minutes"
    if soak.samples:
        (chosen.output / "soak.svg").write_text(plot.svg(soak.samples, title))
        rows = verdict.summary(soak.samples, check_memory)
        lines = [f"| {what} | {text} |" for what, text in rows]
        text = "\n".join(["| | |", "|---|---|", *lines, ""])
        (chosen.output / "soak.md").write_text(text)
        print(text)
    print(f"records: {dict(soak.records)}")
    for text in found:
        print(f"FAILED: {text}")
    print("soak: " + (f"{len(found)} findings" if found else "nothing lost, nothing leaked"))
    sys.stdout.flush()
    os._exit(1 if found else 0)  # threads of clients may still wait


if __name__ == "__main__":
    main()
