# SPDX-License-Identifier: BSD-2-Clause
#
# Records and messages: fields, destinations, limits of files.

import os
import re

from config import block, defaults, internal, service
from model import case
from scripts import burst, each, file, mode, quiet, talk

BASE = defaults()
FLAGS = ("PID HOST EXIT DURATION", "PID", "HOST", "EXIT", "DURATION", "", "HOST EXIT",
         "duration exit host pid")


def ends_with(*lines):
    """A shell that ends as each client tells it."""
    def script(run):
        for number, line in enumerate(lines):
            run.client.exchange(4000, line + b"\n")
            run.daemon.wait_for_record("EXIT: a", number + 1)
    return script


def syslog(*parts, then=quiet()):
    """What arrives at /dev/log: priority, tag and text of lines with any of these parts."""
    def script(run):
        receiver = run.extra[0]
        if then:
            then(run)
        run.wait_until(lambda: all(any(part in line[2] for line in receiver.collect())
                                   for part in parts), lambda: f"{parts} in {receiver.lines}")
        return [(priority, tag, re.sub(r"pid=[1-9]\d*|\d+(?= \{)", "N", text))
                for priority, tag, text in receiver.lines if any(part in text for part in parts)]
    return script


def listen_to_syslog(run):
    run.extra.append(run.syslog())


def limited(run):
    """The size of a log that has a limit, and what is said of it."""
    for _ in range(20):
        run.talk(4000)
    text = run.read("own")
    return (re.sub(r"\d\d/\d+/\d+@[\d:]+|pid=\d+", "", text),
            [text for text in run.daemon.message_texts("ERROR") if "exceeded" in text])


def stamps(run):
    """The shape of the lines of a file."""
    run.talk(4000)
    return [re.sub(r"\d", "9", re.sub(r"\d\d/\d{1,2}/\d{1,2}@\d\d:\d\d:\d\d: ", "STAMP: ", line))
            for line in run.read("records").splitlines()]


def renamed(run):
    """Records before and after a rotation by rename and SIGHUP."""
    run.talk(4000)
    os.rename(run.directory / "records", run.directory / "records.1")
    run.daemon.reload()
    run.talk(4000)
    return [len(run.read(name).splitlines()) for name in ("records.1", "records")]


SCRIPT = "/tmp/home/end.sh"


def make_shell(run):
    with open(SCRIPT, "w") as shell:
        shell.write("read how\neval \"$how\"\n")


CASES = [
    case("each set of flags makes its lines", "log_on_success; record START; record EXIT",
         BASE + "".join(service(f"s{number}", port=4000 + number, log_on_success=flags)
                        for number, flags in enumerate(FLAGS)),
         each(*(talk(port=4000 + number, source="127.0.0.2") for number in range(len(FLAGS))))),
    case("EXIT tells status and signal", "record EXIT; log_on_success",
         BASE + service(server="/bin/sh", server_args=SCRIPT),
         ends_with(b"exit 7", b"kill -9 $$", b"kill -TERM $$", b"exit 0"), prepare=make_shell),
    case("EXIT tells the duration", "record EXIT; log_on_success",
         BASE + service(server="/bin/sh", server_args=SCRIPT),
         lambda run: (ends_with(b"sleep 1.2")(run),
                      [int(re.search(r"duration=(\d+)", line)[1]) in (1, 2)
                       for line in run.daemon.records() if "EXIT" in line])[1],
         prepare=make_shell),
    case("no log_type, no records", "log_type",
         block("defaults", {"log_on_success": "PID HOST", "log_on_failure": "HOST"})
         + service() + service("b", port=4001, instances=0),
         each(talk(), quiet(port=4001), file("records"))),
    case("a file of the service itself", "log_type",
         BASE + service(log_type="FILE @DIR@/own", log_on_success="HOST"),
         each(talk(), lambda run: run.read("own").split(": ", 1)[1], mode("own"))),
    case("the lines of a file", "log_type; record START", BASE + service(log_on_success="HOST"),
         stamps),
    case("a log that cannot be made", "log_type", BASE + service(log_type="FILE /nowhere/log")
         + service("b", port=4001), each(talk(), talk(port=4001))),
    case("the hard limit of a log", "log_type",
         BASE + service(log_type="FILE @DIR@/own 200 400", log_on_success="HOST", cps="0 0"),
         limited, differs={"messages": "D8"}),
    case("a log rotated by rename and SIGHUP", "log_type; signal HUP", BASE + service(), renamed),
    case("records to syslog", "log_type",
         block("defaults", {"log_on_success": "PID HOST EXIT", "log_on_failure": "HOST"})
         + service(log_type="SYSLOG local4 notice"), syslog("START: a", "EXIT: a"),
         prepare=listen_to_syslog),
    case("failures to syslog, level info as default", "log_type; log_on_failure",
         block("defaults", {"log_type": "SYSLOG auth", "log_on_failure": "HOST"})
         + service(instances=0), syslog("FAIL: a"), prepare=listen_to_syslog),
    case("a rate to syslog", "cps; log_type; record FAIL",
         block("defaults", {"log_type": "SYSLOG daemon", "log_on_failure": "HOST"})
         + service(cps="3 30"), syslog("FAIL: a", then=burst(4)), prepare=listen_to_syslog),
    case("internal services log a pid of 0 and no EXIT", "record START; record EXIT; id",
         BASE + internal("time", port=4000) + internal("daytime", "dgram", port=4001),
         each(lambda run: len(run.talk(4000, half_close=False).data),
              lambda run: len(run.ask(4001, b"x")))),
    case("a service without failures to log", "log_on_failure",
         defaults(log_on_failure="") + service(instances=0), quiet()),
    case("flags are removed from those of defaults", "log_on_failure; syntax operators",
         defaults(log_on_failure="HOST ATTEMPT")
         + service(instances=0, **{"log_on_failure -": "HOST"}), quiet()),
    case("clients over IPv4 and IPv6 as the log has them", "record START",
         BASE + service(log_on_success="HOST")
         + service("b", port=4001, flags="IPv4", log_on_success="HOST"),
         each(talk(), talk(host="::1"), talk(port=4001))),
]
