# SPDX-License-Identifier: BSD-2-Clause
#
# The table of README.md: for each attribute, flag, type, internal service, reason and signal, in how
# many cases it was compared, and what differs. Made from the cases alone.

import collections
import re

import cases
import model
import rows

BEGIN = "<!-- behaviour: made by scripts/compat.sh --behaviour --table -->\n"
END = "<!-- end of behaviour -->\n"
HEADINGS = {"attribute": "Attributes", "flag": "Flags", "type": "Types",
            "internal": "Internal services", "reason": "Reasons of refusals",
            "signal": "Signals", "option": "Options", "record": "Records",
            "syntax": "Files", "reload": "Reload", "dump": "State dump"}


def compared():
    """The cases of what usherd has."""
    return list(cases.ALL)


def lines():
    counts = collections.Counter()
    differing = collections.defaultdict(set)
    for case in compared():
        for item in case.covers:
            counts[item] += 1
            differing[item] |= {row for _, row in case.differs}
    for kind, names in model.ITEMS.items():
        yield f"\n| {HEADINGS[kind]} | cases | |\n|---|---|---|\n"
        for name in names:
            item = f"{kind} {name}"
            shown = name.replace("_per_", " per ") if kind == "reason" and "_per_s" in name and \
                name.startswith("connections") else name
            rows = ", ".join(sorted(differing[item], key=row_order))
            result = f"same, save {rows}" if rows else "same" if counts[item] else "to come"
            yield f"| `{shown}` | {counts[item]} | {result} |\n"


def row_order(row):
    match = re.match(r"([A-Z])(\d+)", row)
    return (match[1], int(match[2])) if match else ("~", row)


def text():
    return BEGIN + f"\n{len(compared())} cases.\n" + "".join(lines()) + "\n" + END


def readme(repository):
    return repository / "tests/compat/README.md"


def with_table(old):
    start, rest = old.split(BEGIN)
    return start + text() + rest.split(END)[1]


def write(repository):
    path = readme(repository)
    path.write_text(with_table(path.read_text()))
    return 0


def problems(repository):
    """What is wrong with the cases as a whole, as text."""
    names = collections.Counter(case.name for case in cases.ALL)
    yield from (f"two cases are called {name!r}" for name, count in names.items() if count > 1)
    covered = {item for case in cases.ALL for item in case.covers}
    yield from (f"no case for {kind} {name}" for kind, items in model.ITEMS.items()
                for name in items if f"{kind} {name}" not in covered)
    if len(cases.ALL) < 150:
        yield f"{len(cases.ALL)} cases, at least 150 are wanted"
    manual = (repository / "man/usherd.conf.5").read_text()
    manual = manual[manual.index(".Sh COMPATIBILITY"):manual.index(".Sh SEE ALSO")]
    for row in {row for case in cases.ALL for _, row in case.differs} - rows.UNNUMBERED:
        if not re.search(rf"\b{row}\b", manual):
            yield f"row {row} is not in usherd.conf(5), COMPATIBILITY"
    if with_table(readme(repository).read_text()) != readme(repository).read_text():
        yield "the table in tests/compat/README.md is out of date: " \
              "scripts/compat.sh --behaviour --table"


def check(repository):
    found = list(problems(repository))
    print("\n".join(found) or "the table is up to date")
    return 1 if found else 0
