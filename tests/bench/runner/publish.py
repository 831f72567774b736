# SPDX-License-Identifier: BSD-2-Clause
"""Puts what a run has found where people read it: between two marks in a Markdown file. Pure."""


def marks(name):
    return f"<!-- {name}: made by scripts/bench.sh -->", f"<!-- end of {name} -->"


def replaced(text, name, body):
    """`text` with `body` between the marks. Raises ValueError if they are not there, once each and in
    order."""
    begin, end = marks(name)
    if text.count(begin) != 1 or text.count(end) != 1 or text.index(begin) > text.index(end):
        raise ValueError(f"no place for {name}: it needs the lines {begin} and {end}")
    before = text[: text.index(begin) + len(begin)]
    return f"{before}\n{body.strip()}\n{text[text.index(end):]}"


def publish(path, name, body):
    path.write_text(replaced(path.read_text(), name, body))
