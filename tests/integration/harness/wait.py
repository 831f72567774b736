# SPDX-License-Identifier: BSD-2-Clause
#
# Waiting for a condition with a deadline; the only place where a test lets time pass.

import os
import time

# Sanitizers and busy machines make everything slower; nothing waits longer than it has to. With
# the thread sanitizer it takes ten times as long, with valgrind twenty times.
SLOW = "thread" in os.environ.get("USHERD_SANITIZE", "") or "USHERD_ITEST_WRAPPED" in os.environ
PATIENCE = float(os.environ.get("USHERD_ITEST_PATIENCE", "60" if SLOW else "30"))


class Timeout(AssertionError):
    """A condition did not come true in time."""


def wait_until(condition, what, seconds=None, pause=0.005):
    """The first true value of `condition()`. `what` names it, or is called for a description."""
    deadline = time.monotonic() + (PATIENCE if seconds is None else seconds)
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= deadline:
            raise Timeout(f"not in time: {what() if callable(what) else what}")
        time.sleep(pause)
