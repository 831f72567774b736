# SPDX-License-Identifier: BSD-2-Clause
#
# Differences that are meant: what each row of usherd.conf(5), COMPATIBILITY, makes of a section. A rule
# sees the file, one difference and all those of its section, and answers whether the row explains this
# one. `note` is what stands there without a number.

import re

import reading

RULES = []
# What a dropped service brings with it.
LOST = {("service", "missing"), ("listener", "missing")}


def rule(row):
    def mark(function):
        RULES.append((row, function))
        return function
    return mark


def row_of(file, difference, group):
    """The row that explains a difference, or None."""
    for row, explains in RULES:
        if explains(file, difference, group):
            return row
    return None


def kind(difference):
    return difference.aspect, difference.what


def texts(group, side):
    return [text for difference in group for text in getattr(difference, side)]


def complaint(file, difference, attributes, pattern):
    """Whether usherd calls a value of the section bad, in words that match."""
    return any(re.match(rf"(?i)(?:{attributes}): .*(?:{pattern})", text)
               for text in file.told.get(difference.section, ()))


def follows(difference):
    """Whether a difference is what becomes of a service that usherd drops for a bad value: it is not
    there, its value is told, and what xinetd says of it later is not."""
    if kind(difference) in LOST or difference.what.endswith(" later"):
        return not difference.new
    # The first of two values holds, in xinetd; usherd took no first one.
    told = [text for text in difference.old if "attribute already set" in text]
    return difference.aspect == "diagnostic" and len(told) == len(difference.old) and not difference.new \
        or difference.aspect == "diagnostic" and len(difference.new) >= len(difference.old)


@rule("S14")
def v6only(file, difference, _):
    """`v6only` counts as it is written, also in defaults; in xinetd any in a service is `yes`."""
    return difference.aspect == "listener" and "v6only:" in "".join(difference.old + difference.new) and \
        bool(file.of(difference.section, "v6only") or file.of_defaults("v6only"))


# Words of a number that xinetd wraps around.
NUMBER = r"[^']*\d[^']*"
NUMBERS = ("port instances per_source cps nice rpc_number rpc_version deny_time user group redirect "
           "access_times").replace(" ", "|")


def wraps(text):
    """Whether a word has a number that 31 bits do not hold, or one below zero."""
    return any(not -1 < int(number) < 1 << 31 for number in re.findall(r"-?\d+", text))


@rule("S6")
def too_large(file, difference, group):
    found = [text for text in file.told.get(difference.section, ())
             if re.match(rf"(?i)({NUMBERS}): (expected|'{NUMBER}' has no time)", text)]
    return bool(found) and any(wraps(text) for text in found) and follows(difference)


@rule("S6")
def too_large_in_defaults(file, difference, _):
    """A bad value there, and with D1 no service; to xinetd it is another number."""
    told = [text for texts in file.told.values() for text in texts]
    return any("the configuration is refused" in text for text in told) and any(
        re.match(rf"(?i)({NUMBERS}): expected", text) and wraps(text)
        for section in file.sections if file.kind(section.number) == "defaults"
        for text in file.told.get(section.number, ()))


@rule("S4")
def no_access(file, difference, _):
    """A word that is not understood drops the service; of further ones in the line nothing is said."""
    return complaint(file, difference, "no_access", "is no address|no host or network") and \
        (follows(difference) or difference.aspect == "diagnostic")


@rule("S5")
def revived(file, difference, group):
    """A bad value, and `disable = no` behind it or `enabled` above it."""
    revives = [found.line for found in file.of(difference.section, "disable")
               if found.values[:1] and found.values[0].lower() == "no"]
    return bool(revives or file.of_defaults("enabled")) and follows(difference) and \
        not difference.new and not any(other.aspect == "diagnostic" and other.new for other in group)


@rule("S5")
def ended(file, difference, _):
    """One switch for both: at a `disable` line xinetd leaves a service that a bad value disabled."""
    return bool(file.of(difference.section, "disable")) and difference.aspect == "diagnostic" and \
        not difference.old and any(" is disabled because of" in text
                                   for text in file.told.get(difference.section, ()))


@rule("S2")
def late_defaults(file, difference, _):
    """Lists of defaults that follow the service."""
    numbers = [section.number for section in file.sections]
    if difference.section not in numbers or difference.aspect != "attribute":
        return False
    names = {"Only from": "only_from", "No access": "no_access", "Passenv": "passenv"}
    after = file.sections[numbers.index(difference.section) + 1:]
    late = [found for section in after if file.kind(section.number) == "defaults"
            for found in file.of(section.number, *names.values())]
    return any(found.name == names.get(difference.what) or
               found.name == "passenv" and difference.what in found.values for found in late)


@rule("S1")
def contradicting(file, difference, _):
    """An address and a family flag."""
    return any("address" in text and re.search(r"(bind|interface) '.*' has no IPv", text)
               for text in file.told.get(difference.section, ()))


@rule("note")
def endless(file, difference, _):
    """xinetd counts for ever to an rpc_version of 4294967295, and does not start."""
    return difference.aspect == "error" and all("xinetd: Timeout" in text for text in difference.old) and any(
        word.endswith("4294967295") for section in file.sections
        for found in file.of(section.number, "rpc_version") for word in found.values)


@rule("note")
def intercepted(_, difference, __):
    """That an internal service of many threads cannot be intercepted is told once, for both reasons, and
    not of one that is dropped for another."""
    mine, theirs = ([text for text in side if "cannot be intercepted" not in text]
                    for side in (difference.old, difference.new))
    return mine + theirs != difference.old + difference.new and len(mine) == len(theirs)


@rule("note")
def braces(file, difference, _):
    return (follows(difference) or difference.aspect == "diagnostic") and complaint(
        file, difference, "only_from|no_access", "in its braces, which exceeds 255|has more than four octets|has no dot before")


@rule("note")
def log_sizes(file, difference, group):
    """Sizes beyond 31 bits mean what they say, also the hard one that follows from the soft one, 20480
    above it; ones below zero are bad values."""
    if difference.aspect == "attribute" and difference.what == "Logging to file":
        lines = file.of(difference.section, "log_type") or file.of_defaults("log_type")
        return any(wraps(word) or re.search(r"\d[kKmM]", word) or
                   word.isdigit() and wraps(str(int(word) + 20480))
                   for found in lines for word in found.values[2:])
    return complaint(file, difference, "log_type", rf"limit such as 500000, 512K or 8M, found '{NUMBER}'") and \
        follows(difference)


@rule("note")
def transport(file, difference, group):
    """A socket type and a protocol that do not fit are found earlier."""
    told = texts(group, "new") + list(file.told.get(difference.section, ()))
    return any("does not go with socket_type" in text for text in told) and \
        difference.aspect == "diagnostic"


@rule("note")
def umask(_, difference, group):
    """The message about a bad umask is two, where xinetd breaks it in two lines."""
    return difference.aspect == "diagnostic" and "umask" in "".join(difference.new).lower() and \
        len(difference.new) > len(difference.old)


@rule("note")
def not_a_number(file, difference, _):
    """`max_load = nan` is a bad value; in xinetd it is no limit."""
    return complaint(file, difference, "max_load", r"nan[^']*'") and follows(difference)


@rule("note")
def mapped(file, difference, _):
    """An IPv4-mapped address in `bind` is the IPv4 address."""
    mapped_here = any("::ffff:" in word.lower() for found in
                      file.of(difference.section, "bind", "interface") + file.of_defaults("bind", "interface")
                      for word in found.values)
    return mapped_here and difference.aspect in ("listener", "attribute", "defaults")


@rule("D1")
def bad_defaults(file, difference, _):
    """A bad value in defaults: status 1, in xinetd 0, and it tells nothing of what it would have seen
    after the last line."""
    ends = any("the configuration is refused" in text for texts in file.told.values() for text in texts)
    if ends and difference.what == "ERROR later" and not difference.old:
        return True
    return difference.section is None and (difference.aspect == "exit" and difference.old == ["0"]
                                           and difference.new == ["1"] or difference.old == ["Exiting..."])


@rule("S6")
def dies_of_length(file, difference, _):
    """A prefix length of IPv6 of some hundred: xinetd writes past its mask, and aborts. It lives with 256
    and dies with 1,000. What usherd makes of the file has nothing to be compared with then, but it lives."""
    if difference.aspect == "exit" and difference.new != ["None"]:
        return False
    words = [word for section in file.sections for found in file.of(section.number, "only_from", "no_access")
             for word in found.values]
    long_ones = (re.match(r"[^/]*:[^/]*/\+?0*([0-9]{3,})", word) for word in words)
    return file.died and any(found and int(found[1]) > 256 for found in long_ones)


@rule("D18")
def log_of_tcpmux(file, difference, _):
    """A service behind tcpmux has its own log, so it must be possible to open it."""
    types = [word.upper() for found in file.of(difference.section, "type") for word in found.values]
    return any(word.startswith("TCPMUX") for word in types) and any(
        " log failed" in text for text in file.told.get(difference.section, ()))


def breaks(section):
    """Whether a line has an attribute's name and nothing after it; a NUL ends a line. So has a second
    opening brace."""
    lines = [line.partition("\0")[0].split() for line in section.lines[1:]]
    words = [line[0] for line in lines if len(line) == 1 and line[0] != "}" and line[0][0] != "#"]
    return len(words) > words.count("{") or words.count("{") > 1


@rule("D25")
def taken_off(file, difference, _):
    """`enabled -=` and `disabled -=` take away; to xinetd they add."""
    takes = any(found.operator == "-=" for found in file.of_defaults("enabled", "disabled"))
    return takes and (difference.aspect in ("service", "listener") or difference.what == "ERROR later"
                      and not (difference.old and difference.new))


@rule("D3")
def nothing_after_the_name(file, difference, _):
    """xinetd runs past the end of such a line, loses what follows and counts lines wrongly."""
    numbers = [section.number for section in file.sections]
    last = numbers.index(difference.section) if difference.section in numbers else len(numbers) - 1
    return any(breaks(section) for section in file.sections[:last + 1])


@rule("D2")
def syntax_error_in_defaults(file, difference, _):
    """costs xinetd what follows, and the next defaults are the first then."""
    numbers = [section.number for section in file.sections]
    last = numbers.index(difference.section) if difference.section in numbers else len(numbers) - 1
    broken = [place for place, section in enumerate(file.sections) if file.kind(section.number) == "defaults"
              and any(not reading.ATTRIBUTE.match(line) and line.strip() not in ("{", "}", "") and
                      not line.strip().startswith("#") for line in section.lines[1:])]
    others = [place for place, section in enumerate(file.sections) if file.kind(section.number) == "defaults"
              and any(place > one for one in broken)]
    about_defaults = difference.section is None or last in others
    return any(last - 1 <= place <= last for place in broken) or bool(others) and about_defaults


@rule("D14")
def whole_address(file, difference, _):
    """A prefix of 128 bits."""
    return difference.aspect == "attribute" and difference.what in ("Only from", "No access") and any(
        re.search(r":.*/\+?0*(12[89]|1[3-9]\d|[2-9]\d\d|\d{4})", word) or re.search(r":.*/-", word)
        for found in file.of(difference.section, "only_from", "no_access")
        + file.of_defaults("only_from", "no_access") for word in found.values)


@rule("D24")
def datagrams(file, difference, _):
    """xinetd overlooks some programs on datagram sockets that do not wait."""
    return any("a dgram service must have wait = yes" in text
               for text in file.told.get(difference.section, ()))


@rule("D34")
def duplicates(_, difference, group):
    """Two services on one port of which the earlier one alone has an address."""
    return any("is unique but its identical" in text for text in texts(group, "old")) and \
        (kind(difference) in (("service", "extra"), ("listener", "extra")) or difference.what == "ERROR later")


@rule("D15")
def networks(file, difference, _):
    """A name of networks(5)."""
    return difference.aspect in ("attribute", "defaults") and difference.what in ("Only from", "No access") and \
        "testnet" in " ".join(word.lower() for found in file.of(difference.section, "only_from", "no_access")
                              + file.of_defaults("only_from", "no_access") for word in found.values)


@rule("S15")
def waiting_streams(file, difference, _):
    """Names of hosts in the lists of a stream service that waits."""
    return any("can be kept from addresses only" in text for text in file.told.get(difference.section, ()))


@rule("note")
def scopes(file, difference, _):
    """The scope of an IPv6 address in a list is not looked at."""
    return difference.what in ("ERROR", "Only from", "No access") and any(
        "%" in word and ":" in word for found in file.of(difference.section, "only_from", "no_access")
        + file.of_defaults("only_from", "no_access") for word in found.values)


@rule("in the place of another")
def freed(file, difference, group):
    """The port of a service that one daemon drops, for a row above, is the other's."""
    return file.port(difference.section) in file.lost and (
        kind(difference) in (("service", "extra"), ("listener", "extra"), *LOST) or
        difference.what == "ERROR later" and any("bind failed" in text for text in texts(group, "old")))


@rule("note")
def raw_sockets(_, difference, __):
    """A raw socket has no IPV6_V6ONLY. What xinetd says of it has no name, nor has a bad umask."""
    old = [text for text in difference.old if "umask" not in text]
    new = [text for text in difference.new if "umask" not in text]
    return difference.what == "ERROR later" and not new and bool(old) and \
        all("IPV6_V6ONLY option failed" in text for text in old)
