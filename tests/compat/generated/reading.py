# SPDX-License-Identifier: BSD-2-Clause
#
# The text of a file cut into sections again, for saying to which one a difference belongs and what it
# has in it.

import dataclasses
import re

ATTRIBUTE = re.compile(r"[\s\x0b\x0c]*([^\s=]+)\s+([-+]?=)[ \t]*(.*)", re.S)


@dataclasses.dataclass(frozen=True)
class Attribute:
    line: int        # in the file, from 1
    name: str        # in lower case
    operator: str
    values: tuple


class Reading:
    """`sections` of a File, and which of them each line, name and port is in."""

    def __init__(self, sections):
        self.sections = sections
        self.at = {}
        self.attributes = {}
        self.told = {}  # section -> what usherd said of it; see observation.told()
        line = 0
        for section in sections:
            found = self.attributes[section.number] = []
            for text in section.lines:
                line += 1
                self.at[line] = section.number
                match = ATTRIBUTE.match(text)
                if match:
                    words = re.split(r"[ \t]+", match[3].strip(" \t"))
                    found.append(Attribute(line, match[1].lower(), match[2], tuple(filter(None, words))))

        self.died = False  # xinetd, by a signal
        self.lost = set()  # ports of services that one daemon alone has
        # Ids of one section alone.
        ids = [(found.values[0], number) for number, lines in self.attributes.items() for found in lines
               if found.name == "id" and len(found.values) == 1]
        self.ids = {id: number for id, number in ids if [one for one, _ in ids].count(id) == 1}

    def text(self):
        return "".join(section.text() for section in self.sections)

    def section_at(self, line):
        return self.at.get(line)

    def section(self, number):
        return next((section for section in self.sections if section.number == number), None)

    def kind(self, number):
        """`service`, `defaults` or another first word of the section's first line."""
        section = self.section(number)
        words = next((line.split() for line in section.lines if line.split()), []) if section else []
        return words[0].lower() if words else ""

    def name(self, number):
        section = self.section(number)
        words = section.lines[0].split() if section and section.lines else []
        return words[1] if len(words) > 1 else None

    def port(self, number):
        return next((found.values[0] for found in self.of(number, "port") if found.values), None)

    def of(self, number, *names):
        """The attribute lines of a section with one of the names."""
        return [found for found in self.attributes.get(number, ()) if found.name in names]

    def of_defaults(self, *names):
        return [found for section in self.sections if self.kind(section.number) == "defaults"
                for found in self.of(section.number, *names)]
