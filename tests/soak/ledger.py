# SPDX-License-Identifier: BSD-2-Clause
#
# What the clients of the soak know: how many connections and datagrams they offered to each
# service, and how each ended. The other side of the daemon's counts.

import collections
import contextlib
import threading

SERVED = "served"    # the daemon must have counted it as accepted
REFUSED = "refused"  # ... as refused
EITHER = "either"    # ... as one of them
LATER = "later"      # ... as one of them soon: no answer told when
MAYBE = "maybe"      # it may have seen nothing of it: reset, or gone with a closed socket
NEVER = "never"      # it cannot have seen it: the connection was refused


class Account:
    """Of one service."""

    def __init__(self):
        self.begun = 0
        self.ended = collections.Counter()


class Bounds:
    """What the daemon's count of a service, or of all, may be."""

    def __init__(self, least=0, most=0):
        self.least = least
        self.most = most

    def __contains__(self, count):
        return self.least <= count <= self.most

    def __str__(self):
        return f"{self.least} … {self.most}"


class Offer:
    """One connection or datagram; the worst is assumed until its end is known."""
    outcome = MAYBE


class Ledger:
    def __init__(self):
        self.lock = threading.Lock()
        self.accounts = collections.defaultdict(Account)
        self.problems = []

    @contextlib.contextmanager
    def offer(self, service):
        with self.lock:
            self.accounts[service].begun += 1
        offered = Offer()
        try:
            yield offered
        finally:
            with self.lock:
                self.accounts[service].ended[offered.outcome] += 1

    def problem(self, text):
        with self.lock:
            self.problems.append(text)

    def take_problems(self):
        with self.lock:
            taken, self.problems = self.problems, []
            return taken

    def begun(self):
        with self.lock:
            return sum(account.begun for account in self.accounts.values())

    def in_flight(self):
        with self.lock:
            return sum(account.begun - sum(account.ended.values())
                       for account in self.accounts.values())

    def least(self):
        """Service -> what the daemon must have counted by now. Asked before the daemon is."""
        with self.lock:
            return {name: sum(account.ended[how] for how in (SERVED, REFUSED, EITHER))
                    for name, account in self.accounts.items()}

    def most(self):
        """Service -> what it can have counted until now. Asked after it."""
        with self.lock:
            return {name: account.begun - account.ended[NEVER]
                    for name, account in self.accounts.items()}

    def at_rest(self):
        """Service -> (Bounds of accepted + refused, served, refused); nothing is in flight. Of
        served and refused the latter are None where not every end was seen."""
        with self.lock:
            found = {}
            for name, account in self.accounts.items():
                ended = account.ended
                least = sum(ended[how] for how in (SERVED, REFUSED, EITHER, LATER))
                bounds = Bounds(least, least + ended[MAYBE])
                exact = not (ended[EITHER] or ended[LATER] or ended[MAYBE])
                found[name] = (bounds, ended[SERVED] if exact else None,
                               ended[REFUSED] if exact else None)
            return found
