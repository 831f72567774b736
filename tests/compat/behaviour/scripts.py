# SPDX-License-Identifier: BSD-2-Clause
#
# What clients do: functions that make a case's script. A script gets the run (world.py) and returns
# what is seen.

import os
import signal
import socket
import time


def talk(request=b"", port=4000, **how):
    """One client: what it reads, and how it ends. `how` as harness.client.exchange has it."""
    return lambda run: run.talk(port, request, **how)


def quiet(**how):
    """One client that sends nothing and waits for the end."""
    return talk(half_close=False, **how)


def ask(payload=b"x", port=4000, **how):
    """One datagram, and the answer."""
    return lambda run: run.ask(port, payload, **how)


def each(*scripts):
    """One script after the other, on the same daemon."""
    return lambda run: [script(run) for script in scripts]


def by(*sources, port=4000):
    """Who of these source addresses is served by a `cat`."""
    def script(run):
        return [source for source in sources
                if run.talk(port, b"x", "::1" if ":" in source else "127.0.0.1",
                            source=source).data == b"x"]
    return script


def look(port=4000, **how):
    """All that the probe sees of itself as a handler."""
    return lambda run: run.look(port, **how)


def listening(run):
    """Every bound socket of the namespace."""
    return sorted(run.processes.listening())


def hold(count, then=None, port=4000, sources=None):
    """`count` clients of a `cat` stay connected while `then` runs: as default one more client, that
    sends nothing and waits for the end."""
    then = then or quiet(port=port)

    def script(run):
        held = []
        for number in range(count):
            held.append(run.hold(port, source=sources[number] if sources else None))
        seen = then(run)
        run.release(*held)
        return seen
    return script


def burst(count, port=4000):
    """`count` clients within one second: what each of them gets."""
    def script(run):
        run.early_in_a_second()
        crowd = [run.client.connect(port) for _ in range(count)]
        replies = []
        for connection in crowd:
            with connection:
                connection.shutdown(socket.SHUT_WR)
                replies.append(run.client.read_all(connection))
        return replies
    return script


def pause(part):
    """Until the daemon has said something with `part` in it."""
    def script(run):
        run.daemon.wait_for_message(part)
        return "said"
    return script


def send(name, then=None, settle=""):
    """A signal to the daemon; `settle` is a message to wait for."""
    def script(run):
        run.daemon.send(getattr(signal, f"SIG{name}"))
        if settle:
            run.daemon.wait_for_message(settle)
        return then(run) if then else None
    return script


def reload_to(configuration, then=None):
    """Another configuration, and SIGHUP: what the daemon says of it, then what `then` sees."""
    def script(run):
        run.daemon.configure(configuration)
        said = run.daemon.reload()
        return said, then(run) if then else None
    return script


def alive(connection):
    """Whether a held client of a `cat` is still served."""
    try:
        connection.sendall(b"?")
        return connection.recv(1) == b"?"
    except OSError:
        return False


def held_over(change, ends=False, port=4000):
    """A client of a `cat` stays over `change`: what that sees, and whether it is still served."""
    def script(run):
        connection = run.hold(port)
        seen = change(run)
        if ends:
            run.wait_until(lambda: not run.daemon.handlers(), "the handler is killed")
        lives = alive(connection)
        run.release(connection)
        return seen, lives
    return script


def stops(name="TERM", port=4000):
    """A client of a `cat` while the daemon is told to stop: its status, and whether the handler
    lives."""
    def script(run):
        with run.hold(port) as connection:
            run.daemon.wait_for_record("START: ")
            status = run.daemon.stop(getattr(signal, f"SIG{name}"))
            return status, alive(connection), run.daemon.pid_file.exists()
    return script


def survives(*names):
    """Each of these signals, and that clients are served after it."""
    def script(run):
        seen = []
        for name in names:
            run.daemon.send(getattr(signal, f"SIG{name}"))
            seen.append((name, run.talk(4000).data))
        return seen
    return script


def command(*words, show=False):
    """The program run to its end: status, and whether there is text on its two outputs (or the
    text)."""
    def script(run):
        done = run.command(*words)
        if show:
            return done.returncode, done.stdout, done.stderr
        return done.returncode, bool(done.stdout), bool(done.stderr)
    return script


def ends(run):
    """The exit status of a daemon that ends by itself, and whether its pid file is left."""
    return run.daemon.wait_exit(), run.daemon.pid_file.exists()


def background(then=None):
    """Starts the daemon as an init script does: the foreground process's status, then `then`."""
    def script(run):
        status = run.background()
        return status, then(run) if then else None
    return script


def dump(part):
    """The state dump's part between two marks, without numbers that differ by nature."""
    return lambda run: run.dump(*part)


def file(name):
    """The text of a file in the daemon's directory."""
    return lambda run: run.read(name)


def mode(name):
    return lambda run: oct(os.stat(run.directory / name).st_mode & 0o7777)


def option(level, number, port=4000):
    """A socket option of the socket that listens on `port`, asked of the daemon's own socket."""
    def script(run):
        return run.socket_option(port, level, number)
    return script


def later(seconds):
    """Lets time pass that the case is about."""
    def script(_):
        time.sleep(seconds)
    return script
