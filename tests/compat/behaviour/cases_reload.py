# SPDX-License-Identifier: BSD-2-Clause
#
# Reload: what becomes of services and running handlers when the files change, and what is said.

import os
import signal

from config import defaults, internal, service
from model import case
from scripts import each, held_over, listening, quiet, reload_to, talk

BASE = defaults()
CAT = {"server": "/bin/cat", "server_args": None}
BEFORE = BASE + service(**CAT)
B = service("b", port=4001)


def change(name, covers, after, before=BEFORE, ends=False, **more):
    """A client stays over a reload: what is said, whether it is served on, which sockets listen."""
    return case(name, covers, before,
                each(held_over(reload_to(after, listening), ends=ends)), **more)


def killed(name, covers, after, before=BEFORE, **more):
    """As change; the handler does not survive it."""
    differs = {"records": "D9"} | more.pop("differs", {})
    return change(name, covers, after, before, ends=True, differs=differs, unordered=True, **more)


def ports_that_change(run):
    """Five reloads, each with another port; a client of each."""
    seen = []
    for turn in range(5):
        run.daemon.configure(BASE + service(port=4000 + 10 * (turn + 1), server_args=f"turn {turn}"))
        said = run.daemon.reload()
        seen.append((said, listening(run), run.talk(4000 + 10 * turn).ending,
                     run.talk(4000 + 10 * (turn + 1)).data))
    return seen


def addresses_that_change(run):
    """Five reloads, each with another address."""
    seen = []
    for turn in range(5):
        run.daemon.configure(BASE + service(bind=f"127.0.0.{turn + 2}"))
        said = run.daemon.reload()
        seen.append((said, run.talk(4000, host=f"127.0.0.{turn + 2}").data,
                     run.talk(4000, host=f"127.0.0.{turn + 1}").ending))
    return seen


def limits_that_change(run):
    """Two held clients, then instances = 1: the next is refused until one of them is gone."""
    first, second = run.hold(4000), run.hold(4000)
    run.daemon.configure(BASE + service(**CAT, instances=1))
    run.daemon.reload()
    seen = [run.client.exchange(4000)]
    run.daemon.wait_for_record("FAIL: a service_limit")
    run.release(first)
    seen.append(run.client.exchange(4000))
    run.release(second)
    return seen + [run.talk(4000, b"z")]


def queue(run):
    """Clients that come while one server that waits is busy are served by the next ones."""
    first = run.client.connect(4000)
    others = [run.client.connect(4000) for _ in range(4)]
    answers = []
    for number, connection in enumerate([first, *others]):
        connection.sendall(b"%d" % number)
        answers.append(run.client.read_all(connection).data.split()[1:])
        connection.close()
    run.daemon.wait_for_record("EXIT: a", 5)
    return answers


def vanished(run):
    """The main file is gone: what is said, and that clients are served as before."""
    connection = run.hold(4000)
    run.daemon.configuration.unlink()
    run.daemon.send(signal.SIGHUP)
    run.daemon.wait_for_message("reconfiguration failed")
    connection.sendall(b"y")
    seen = run.client.read_some(connection, 1)
    run.release(connection)
    return seen, run.talk(4000, b"z").data


def backlog(run):
    """Clients that queue up while the daemon is stopped, over a reload."""
    run.daemon.send(signal.SIGSTOP)
    waiting = [run.client.connect(4000) for _ in range(10)]
    run.daemon.configure(BASE + service(nice=1))
    run.daemon.send(signal.SIGHUP)
    run.daemon.send(signal.SIGCONT)
    return [run.client.read_all(connection).data for connection in waiting]


def paused(run):
    """A service that pauses stays paused over a reload."""
    run.daemon.trip(lambda: run.client.exchange(4000))
    run.settle()
    said = run.daemon.reload()
    return said, run.client.exchange(4000).ending


def emptied(run):
    """A reload that leaves no service, without -stayalive."""
    status = run.background()
    pid = run.background_pid()
    run.daemon.wait_for_message("Started working")
    run.daemon.configure(BASE)
    os.kill(pid, signal.SIGHUP)
    run.daemon.wait_for_message("No available services. Exiting")
    run.wait_until(lambda: run.processes.state(pid) in (None, "Z"), "the end")
    return status, run.daemon.pid_file.exists()


CASES = [
    change("nothing changed", "reload kept; signal HUP", BEFORE),
    change("server, user, limits, lists and times changed", "reload changed; instances; no_access; "
           "access_times; umask; env; cps; per_source",
           BASE + service(server="/bin/echo", user="nobody", instances=1, cps="10 3", per_source=1,
                          no_access="127.0.0.1", umask="077", env="A=1", access_times="0:00-0:01")),
    change("another name with the same id", "reload kept; id", BASE + service("b", id="x", **CAT),
           BASE + service("a", id="x", **CAT)),
    killed("another id", "reload changed; id", BASE + service(id="other", **CAT)),
    killed("another port", "reload changed; port", BASE + service(**CAT, port=4001)),
    killed("another address", "reload changed; bind", BASE + service(**CAT, bind="127.0.0.1")),
    killed("another family", "reload changed; flag IPv4", BASE + service(**CAT, flags="IPv4")),
    killed("wait = yes in place of no", "reload changed; wait", BASE + service(**CAT, wait="yes")),
    killed("another type", "reload changed; type INTERNAL",
           BASE + internal("echo", port=4000, id="a"), BASE + service("echo", id="a", **CAT)),
    killed("a service that is removed", "reload dropped", BASE + B, BEFORE + B),
    killed("a service that is disabled", "reload dropped; disable",
           BASE + service(**CAT, disable="yes") + B, BEFORE + B),
    killed("a service that defaults disable", "reload dropped; disabled",
           defaults(disabled="a") + service(**CAT) + B, BEFORE + B),
    change("a service that is added", "reload added", BEFORE + B),
    change("a service that breaks", "reload failed; syntax errors",
           BASE + service(**CAT, nice="x") + B, BEFORE + B,
           differs={"seen": "note", "messages": "note"}),
    case("the main file is gone", "reload failed; option -f", BEFORE, vanished),
    case("new values hold for the next client", "reload changed; server_args",
         BASE + service(server_args="first"), reload_to(BASE + service(server_args="second"),
                                                        talk())),
    case("new lists hold for the next client", "reload changed; no_access; reason address",
         BASE + service(), reload_to(BASE + service(no_access="127.0.0.1"), quiet()),
         differs={"records": "D10"}),
    case("lower limits count the handlers that run", "reload changed; instances", BEFORE,
         limits_that_change, unordered=True),
    case("five reloads with changing ports", "reload changed; port; signal HUP", BASE + service(),
         ports_that_change),
    case("five reloads with changing addresses", "reload changed; bind; signal HUP",
         BASE + service(bind="127.0.0.1"), addresses_that_change),
    case("clients in the backlog survive a reload", "reload kept", BASE + service(), backlog,
         unordered=True),
    case("a service that pauses stays paused", "reload kept; cps", BASE + service(cps="1 60"),
         paused, unordered=True),
    case("a reload that leaves nothing ends the daemon", "reload dropped; option -stayalive",
         BEFORE, emptied, start=False),
    case("clients queue for the next server that waits", "wait; instances",
         BASE + service(wait="yes", server="/usr/bin/python3",
                        server_args="-I -S /tmp/home/waiting_server.py serve 1"), queue),
]
