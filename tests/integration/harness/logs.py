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
    client has its FAIL or NOID line only, without the START and EXIT of the child that refused it."""
    kept = list(lines)
    refused = (re.match(r"FAIL: (\S+) (?:address|libwrap)\b(?: from=)?(.*)|NOID: (\S+) (\S+)", line)
               for line in lines)
    for refusal in filter(None, refused):
        service = refusal[1] or refusal[3]
        client = refusal[2] or refusal[4] or ""
        starts = [line for line in kept if line.split()[:2] == ["START:", service]
                  and line.partition(" from=")[2] in (client, "")]
        if not starts:
            continue
        start = kept.index(starts[0])
        del kept[start]
        for number in range(start, len(kept)):
            if kept[number].split()[:2] == ["EXIT:", service]:
                del kept[number]
                break
    return kept
