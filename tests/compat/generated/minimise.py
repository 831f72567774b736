# SPDX-License-Identifier: BSD-2-Clause
#
# Cuts a file to the least text about which both daemons still disagree in the same way.

import copy
import dataclasses
import time

import reading


def pieces(sections, keep):
    """Every way to take one thing away: a section, a line, a word of a line; the large ones first."""
    for number in range(len(sections)):
        if sections[number].number != keep:
            yield sections[:number] + sections[number + 1:]
    for number, section in enumerate(sections):
        for line, text in enumerate(section.lines):
            if line == 0 or text.strip() in ("{", "}"):
                continue  # half a section is another matter
            lines = section.lines[:line] + section.lines[line + 1:]
            yield replaced(sections, number, lines)
    for number, section in enumerate(sections):
        for line, text in enumerate(section.lines):
            words = text.split(" ")
            for word in range(3, len(words)):
                less = " ".join(words[:word] + words[word + 1:])
                yield replaced(sections, number, section.lines[:line] + [less] + section.lines[line + 1:])


def replaced(sections, number, lines):
    return sections[:number] + [dataclasses.replace(sections[number], lines=lines)] + sections[number + 1:]


def least(pair, file, section, group, unlisted, signature, tries=150, seconds=30):
    """(Reading, differences): the least file whose section, or the file itself, still has differences of
    this signature that no row explains."""
    wanted = signature(group)

    def check(sections):
        candidate = reading.Reading(copy.deepcopy(sections))
        left, _ = unlisted(candidate, pair.compare(candidate)[1])
        for found in left.values():
            if signature(found) == wanted:
                return candidate, found
        return None

    best = (file, group)
    of_file = [other for other in file.sections if other.number == section or
               file.kind(other.number) == "defaults"]
    for start in (of_file, [other for other in of_file if other.number == section]):
        best = (start and check(start)) or best
    shrinking = True
    ends = time.monotonic() + seconds
    while shrinking and tries > 0 and time.monotonic() < ends:
        shrinking = False
        for candidate in pieces(best[0].sections, section):
            tries -= 1
            found = check(candidate)
            if found:
                best, shrinking = found, True
                break
            if tries <= 0 or time.monotonic() >= ends:
                break
    return best
