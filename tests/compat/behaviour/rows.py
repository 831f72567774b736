# SPDX-License-Identifier: BSD-2-Clause
#
# Rows of usherd.conf(5), COMPATIBILITY: what they make of what xinetd shows. A row without a
# function here differs in a way that no rule of three lines tells; then only that it differs is
# checked.

import re

import logs

# No row of their own, but words in COMPATIBILITY: what the release 2.3.15.4 changed, and what stands
# there without a number.
UNNUMBERED = {"2.3.15.4", "note"}


def killed(lines):
    """D9: the end of a handler that the daemon killed tells the signal."""
    return [re.sub(r"^(EXIT: \S+) status=0", r"\1 signal=9", line) for line in lines]


TRANSLATIONS = {("records", "D10"): logs.decided_early, ("records", "D9"): killed}


def expected(aspect, row, value):
    """What usherd should show, or None if the row has no rule."""
    rule = TRANSLATIONS.get((aspect, row))
    return rule(value) if rule else None
