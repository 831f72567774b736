# SPDX-License-Identifier: BSD-2-Clause
#
# What a daemon made of a file: its state dump, the lines of its log, its sockets, in a form in which two
# daemons can be compared.

import collections
import re

LINE = re.compile(r"\d\d/\d{1,2}/\d{1,2}@\d\d:\d\d:\d\d \S+?\[\d+\]: (?:([A-Z]+): )?(?:\d+ \{\w+\} )?(.*)")
PLACE = re.compile(r" \[file=([^\]]*)\] \[line=(\d+)\]$")
SEVERITIES = ("ERROR", "WARNING", "CRITICAL")
# The number of a section is in its name, n12x, and in its id, i12x.
OWNER = re.compile(r"\b[ni](\d+)x\b")
# usherd names the line of a service about which it has something to say later.
LATER = re.compile(r"\S*/conf:(\d+): service '")
# Tried ten times and told each time; that it happens is what counts.
REPEATED = re.compile(r"bind failed")


def owner_of(said, reading):
    """The section that a text without a place is about: by a numbered name or id, by another id of one
    section alone, by the line of the service; None if it has none of them."""
    plain = re.sub(r"\\x[0-9a-f]{2}", " ", said)
    owner = OWNER.search(plain)
    if owner or not reading:
        return int(owner[1]) if owner else None
    named = next((number for id, number in reading.ids.items()
                  if f"'{id}'" in said or f" {id} " in f"{said} "), None)
    later = LATER.match(said)
    return reading.section_at(int(later[1])) if named is None and later else named


def diagnostics(text, reading=None):
    """[(severity, line or None, section or None, text)] of a log about the file of a Reading."""
    found = []
    for line in text.split("\n"):
        match = LINE.match(line)
        if not match or match[1] not in SEVERITIES:
            continue
        place = PLACE.search(match[2])
        said = PLACE.sub("", match[2])
        entry = (match[1], int(place[2]) if place else None,
                 None if place else owner_of(said, reading), said)
        if not (REPEATED.search(entry[3]) and entry in found):
            found.append(entry)
    return found


def told(log, reading):
    """{section: [text]} of a log."""
    found = collections.defaultdict(list)
    for _, line, owner, text in diagnostics(log, reading):
        found[reading.section_at(line) if line else owner].append(text)
    return found


def blocks(dump):
    """(lines of the defaults, [(name, state, lines of the configuration)])."""
    defaults, services, lines = [], [], None
    for line in dump.split("\n"):
        if line.startswith("Service defaults"):
            lines = defaults
        elif line.startswith("Service = "):
            services.append([line.partition(" = ")[2], None, []])
            lines = services[-1][2]
        elif line.startswith("Server table dump"):
            break
        elif line.startswith("\tState = "):
            services[-1][1] = line.partition(" = ")[2]
        elif line.startswith(("\t\t", "\tService configuration")) or lines is defaults:
            lines.append(line.strip("\t"))
    return defaults, services


def label(line):
    """The word in front of a line of the dump."""
    return re.match(r"[^=:.]*", line)[0].strip()


def attribute(lines, name):
    return next((line.partition(" = ")[2] for line in lines if line.startswith(name + " = ")), None)


Difference = collections.namedtuple("Difference", "aspect what section old new")


def section_of(reading, name, lines):
    """The section of a service in a dump: by its id or name, or by a port that only one has."""
    for text in (attribute(lines, "id") or "", name):
        match = OWNER.fullmatch(text)
        if match:
            return int(match[1])
    port = attribute(lines, "port")
    of_port = [section.number for section in reading.sections
               if any(found.values[:1] == (port,) for found in reading.of(section.number, "port"))]
    own_id = attribute(lines, "id") not in (None, name)
    of_name = [section.number for section in reading.sections if reading.name(section.number) == name
               and bool(reading.of(section.number, "id")) == own_id]
    both = set(of_port) & set(of_name)
    return next(iter(both)) if len(both) == 1 else of_name[0] if len(of_name) == 1 else None


def by_key(services):
    found = collections.defaultdict(list)
    for name, state, lines in services:
        found[attribute(lines, "id"), name, attribute(lines, "port")].append((state, lines))
    return found


def line_differences(section, aspect, old, new):
    """One for each label that differs, or for the order alone."""
    for name in dict.fromkeys(map(label, old + new)):
        mine = [line for line in old if label(line) == name]
        theirs = [line for line in new if label(line) == name]
        if mine != theirs:
            yield Difference(aspect, name, section, mine, theirs)
    if old != new and sorted(old) == sorted(new):
        yield Difference(aspect, "order", section, old, new)


def service_differences(old, new, reading):
    mine, theirs = by_key(old), by_key(new)
    for key in dict.fromkeys([*mine, *theirs]):
        here, there = mine.get(key, []), theirs.get(key, [])
        section = section_of(reading, key[1], (here or there)[0][1])
        if len(here) != len(there):
            yield Difference("service", "missing" if len(here) > len(there) else "extra", section,
                             [*map(str, key)] if here else [], [*map(str, key)] if there else [])
        for (state, ours), (other, others) in zip(here, there):
            if state != other:
                yield Difference("state", "state", section, [state], [other])
            yield from line_differences(section, "attribute", ours, others)


def diagnostic_differences(old, new, reading):
    """Counts of severity and place; of what has no line, of severity and section."""
    def count(entries):
        return collections.Counter(entry[:3] for entry in entries)
    mine, theirs = count(old), count(new)
    for key in sorted(set(mine) | set(theirs), key=str):
        if mine[key] != theirs[key]:
            severity, line, owner = key
            yield Difference("diagnostic", severity if line else f"{severity} later",
                             reading.section_at(line) if line else owner,
                             [entry[3] for entry in old if entry[:3] == key],
                             [entry[3] for entry in new if entry[:3] == key])


def spoken_of(dropped, words, found, reading):
    """Of several sections of a name that usherd drops, the one that xinetd speaks of: one that it has
    brought back (S5), or whose bad value is none to it, and that has the socket type it names."""
    def likelihood(number):
        """Compared in this order."""
        types = {word for line in reading.of(number, "socket_type") for word in line.values}
        differs = any(difference.section == number for difference in found)
        revived = any(found.operator == "=" and found.values[:1] and found.values[0].lower() == "no"
                      for found in reading.of(number, "disable"))
        return revived, not types.isdisjoint(words), differs
    return max(dropped, key=likelihood)


def named(found, reading):
    """xinetd calls a service by its name or its id alone: what it says so of one is set against what usherd says
    later of a section of that name, or said earlier when it dropped one. One message has no name."""
    def is_named(number, words):
        ids = [word for line in reading.of(number, "id") for word in line.values]
        return not words.isdisjoint([reading.name(number), *ids])

    def has_flag(number, flag):
        return any(flag in line.values for line in reading.of(number, "flags"))

    said = [difference for difference in found if difference.what.endswith(" later")]
    more = []
    for mine in [difference for difference in said if difference.section is None]:
        for text in list(mine.old):
            named_in = text.replace(" (tcpmux) ", " ")
            words = set(re.findall(r"[\w-]+", named_in)) | set(named_in.split())
            theirs = next((other for other in said if other.what == mine.what and
                           len(other.new) > len(other.old) and is_named(other.section, words)), None)
            if not theirs and "NAMEINARGS" in text:
                theirs = next((other for other in said if other.what == mine.what and
                               len(other.new) > len(other.old) and "NAMEINARGS" in "".join(other.new)), None)
            if not theirs and "internal service: sensor/" in text:
                theirs = next((other for other in said if other.what == mine.what and not other.old and
                               other.new and has_flag(other.section, "SENSOR")), None)
                if theirs:  # usherd tells each attribute that it lacks
                    del theirs.new[1:]
            dropped = [section.number for section in reading.sections
                       if (is_named(section.number, words) or
                           "NAMEINARGS" in text and has_flag(section.number, "NAMEINARGS")) and
                       any(re.search(" is disabled because of| does not go with | dgram service must ", line)
                           for line in reading.told.get(section.number, ()))]
            if theirs:
                mine.old.remove(text)
                theirs.new.pop()
            elif dropped and len(mine.old) > len(mine.new):
                mine.old.remove(text)
                more.append(Difference("diagnostic", mine.what, spoken_of(dropped, words, found, reading),
                                       [text], []))
    return [difference for difference in found
            if difference not in said or len(difference.old) != len(difference.new)] + more


def port_of(listener):
    return listener.split()[1].rpartition(":")[2]


def listener_differences(old, new, reading, services, lost):
    """`lost` are the sections of services that one daemon alone has."""
    sections = collections.defaultdict(list)
    for name, _, lines in services:
        kind = {"stream": "tcp", "dgram": "udp"}.get(attribute(lines, "socket_type"), "raw")
        sections[kind, attribute(lines, "port")].append(section_of(reading, name, lines))

    def known(listeners):
        """A port that the kernel chose is another one each time."""
        return {listener if (listener.split()[0], port_of(listener)) in sections else
                listener.replace(f":{port_of(listener)}", ":*") for listener in listeners}
    old, new = known(old), known(new)
    for listener in sorted(old ^ new):
        port = "0" if port_of(listener) == "*" else port_of(listener)
        of_port = sections[listener.split()[0], port]
        section = next((one for one in of_port if one in lost), of_port[0] if of_port else None)
        yield Difference("listener", "missing" if listener in old else "extra", section,
                         [listener] if listener in old else [], [listener] if listener in new else [])


def differences(old, new, reading):
    """All between what xinetd (`old`) and usherd made of the file of a Reading."""
    found = []
    reading.died = old["status"] is not None and old["status"] < 0
    if old["status"] != new["status"]:
        found.append(Difference("exit", "status", None, [str(old["status"])], [str(new["status"])]))
    mine, theirs = blocks(old["dump"]), blocks(new["dump"])
    found += line_differences(None, "defaults", mine[0], theirs[0])
    found += service_differences(mine[1], theirs[1], reading)
    lost = {difference.section for difference in found if difference.aspect == "service"}
    reading.lost = {reading.port(section) for section in lost}
    found += listener_differences(old["listeners"], new["listeners"], reading, mine[1] + theirs[1], lost)
    found += diagnostic_differences(diagnostics(old["log"], reading), diagnostics(new["log"], reading), reading)
    return named(found, reading)
