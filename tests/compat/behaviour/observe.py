# SPDX-License-Identifier: BSD-2-Clause
#
# What two runs have in common by nature: log lines and the probe's report without process ids,
# times and inode numbers.

import re

import logs

# Messages that tools look for, or that a person who knows xinetd looks for: their text counts. Of
# others, the severity and the line of the configuration count.
WATCHED = re.compile(r"""
    .*\ started\ with\ | Started\ working:\ | Exiting\.\.\.| Starting\ reconfiguration
    | Swapping\ defaults | readjusting\ service\ | service\ \S+\ deactivated | Reconfigured:\ 
    | reconfiguration\ failed | No\ available\ services\.\ Exiting | no\ services\.\ Exiting
    | couldn't\ get\ configuration | Deactivating\ service\ | Activating\ service\ 
    | bind\ failed\ | Service\ \S+\ failed\ to\ start | libwrap\ refused\ connection\ to\ 
    | refused\ connect\ from\ .*\ load | Service=\S+:\ only_from\ list\ and\ no_access
    | Adding\ .*\ to\ the\ global_no_access\ list | \S+:\ fork\ failed | execv\(
    | service\ \S+:\ too\ many\ consecutive\ fork\ failures | can't\ connect\ to\ remote\ host
    | Size\ of\ .*\ exceeded\ hard\ limit | generated\ state\ dump\ in\ file
    | Sending\ signal\ | Consistency\ check\ """, re.X)
# Of the machinery, not of the case.
ORDINARY = re.compile(r".* started with |Started working: \d+ available|Exiting\.\.\.$")
SEVERE = ("CRITICAL", "ERROR", "WARNING")


def message(entry):
    """A line of the daemon's log as it is compared, or None."""
    text = re.sub(r"^\d+ (\{\w+\} )", r"N \1", entry.text)
    plain = re.sub(r"^N \{\w+\} ", "", text)
    if WATCHED.match(plain):
        plain = re.sub(r".* started with .* options compiled in\.",
                       "VERSION started with OPTIONS options compiled in.", plain)
        plain = re.sub(r"( server) \d+$", r"\1 N", plain)
        return f"{entry.level}: {plain}"
    if entry.level not in SEVERE:
        return None
    place = re.search(r"\[file=([^]]*)\] \[line=(\d+)\]", entry.text)
    return f"{entry.level} at {place[1]}:{place[2]}" if place else f"{entry.level}: (free text)"


def messages(text):
    """What a case says in the daemon's log, save the words of every start and stop. Of lines alike
    that follow each other one counts: xinetd tells some things twice or three times."""
    found = [message(entry) for entry in entries(text) if not ORDINARY.match(entry.text)]
    found = [text for text in found if text]
    return [text for number, text in enumerate(found) if number == 0 or found[number - 1] != text]


def entries(text):
    """Messages of a -filelog file; xinetd breaks a line where a value holds a carriage return or
    its own words a newline."""
    whole = re.sub(rf"\n(?!{logs.STAMP} )", " ", text.rstrip("\n"))
    return logs.messages(whole + "\n") if whole else []


def record(line):
    line = re.sub(r"\bpid=[1-9]\d*", "pid=N", line)
    return re.sub(r"duration=\d+\(sec\)", "duration=T(sec)", line)


# What usherd adds to every environment beside REMOTE_HOST: usherd.conf(5), HANDLERS.
ADDED = ("REMOTE_ADDR", "REMOTE_PORT", "LOCAL_ADDR", "LOCAL_PORT", "PROTO", "TCPREMOTEIP",
         "TCPREMOTEPORT", "TCPLOCALIP", "TCPLOCALPORT")


def facts(seen):
    """Everything that a handler finds, of a probe.Seen."""
    pid = seen.status["Pid"]
    opened = set(seen.descriptors.values())
    return {
        "argv": seen.argv,
        "environment": [entry for entry in seen.environment
                        if entry.split("=")[0] not in ADDED],
        "descriptors": sorted(seen.descriptors),
        "one open description": len(opened) == 1,
        "blocking": not seen.flags & 0o4000,
        "ids": seen.ids,
        "capabilities": seen.status["CapEff"],
        "umask": seen.status["Umask"],
        "nice": seen.stat[16],
        "limits": {name: value for name, value in seen.limits.items()
                   if name != "Max pending signals"},
        "blocked": seen.status["SigBlk"],
        "ignored": seen.status["SigIgn"],
        "caught": seen.status["SigCgt"],
        "pending": seen.status["SigPnd"],
        "no new privileges": seen.status["NoNewPrivs"],
        "directory": seen.directory,
        "leads its group": seen.stat[2] == pid,
        "leads its session": seen.stat[3] == pid,
        "terminal": seen.stat[4],
    }


def plain(value):
    """Anything a script returns as JSON has it."""
    if isinstance(value, (bytes, bytearray)):
        return repr(bytes(value))[1:]
    if isinstance(value, dict):
        return {str(name): plain(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    if isinstance(value, (set, frozenset)):
        return sorted((plain(inner) for inner in value), key=str)
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if hasattr(value, "data") and hasattr(value, "ending"):
        return [plain(value.data), value.ending]
    return str(value)
