# SPDX-License-Identifier: BSD-2-Clause
#
# Reads the two log streams: service records (START, EXIT, FAIL ...) and the daemon's messages.

import dataclasses
import re

STAMP = r"\d\d/\d{1,2}/\d{1,2}@\d\d:\d\d:\d\d"
RECORD = re.compile(rf"({STAMP}): (.*)")
MESSAGE = re.compile(rf"({STAMP}) ([^ \[]+)\[(\d+)\]: ([A-Z]+): (.*)")


@dataclasses.dataclass(frozen=True)
class Message:
    program: str
    pid: int
    level: str
    text: str


def records(text):
    """Service records of a FILE log without their time stamps."""
    found = []
    for line in text.split("\n")[:-1]:
        match = RECORD.fullmatch(line)
        if not match:
            raise AssertionError(f"not a line of xinetd.log(5): {line!r}")
        found.append(match.group(2))
    return found


def normalised(record):
    """A record with the numbers that differ between two runs replaced."""
    record = re.sub(r"\bpid=[1-9]\d*", "pid=N", record)
    return re.sub(r"duration=\d+\(sec\)", "duration=T(sec)", record)


def messages(text, tolerant=False):
    """Lines of a -filelog file. Lines of another shape are an error; xinetd itself makes such, and
    `tolerant` skips them."""
    found = []
    for line in text.split("\n")[:-1]:
        match = MESSAGE.fullmatch(line)
        if not match:
            if tolerant:
                continue
            raise AssertionError(f"not a line of -filelog: {line!r}")
        found.append(Message(match.group(2), int(match.group(3)), match.group(4), match.group(5)))
    return found


def decided_early(lines):
    """xinetd's records as a daemon writes them that decides before a process exists: a refused
    client has its FAIL line only, without the START and EXIT of the child that refused it."""
    kept = list(lines)
    for record in [line for line in lines if re.match(r"FAIL: \S+ (address|libwrap)", line)]:
        service, source = record.split()[1], field(record, "from")
        start = first(kept, "START:", service, "from", source)
        if start is not None:
            kept.remove(start)
            end = first(kept, "EXIT:", service, "pid", field(start, "pid"))
            if end is not None:
                kept.remove(end)
    return kept


def field(record, name):
    match = re.search(rf" {name}=(\S+)", record)
    return match.group(1) if match else None


def first(lines, word, service, name, value):
    """The first record of this kind whose field, if it has one, is `value`."""
    for line in lines:
        if line.split()[:2] == [word, service] and (
                value is None or field(line, name) in (None, value)):
            return line
    return None
