# SPDX-License-Identifier: BSD-2-Clause
#
# Options, signals, exit statuses, the pid file, the state dump.

import os
import pty
import re

from config import defaults, internal, service
from model import case
from scripts import (background, command, dump, ends, later, mode, send, stops, survives,
                     talk)

BASE = defaults()
CAT = {"server": "/bin/cat", "server_args": None}
TEXT = BASE + service()


def failing(name, covers, text, *options, **more):
    """A daemon that ends at its start: status and what is left."""
    def script(run):
        run.daemon.start(*options, ready=False)
        return ends(run)
    return case(name, covers, text, script, start=False, **more)


def usage(*words, covers="option unknown"):
    return case(f"usage: {' '.join(words)}", covers, TEXT, command(*words), start=False)


def lived(run):
    """What the background daemon is and leaves behind, from its start to SIGTERM."""
    pid = run.background_pid()
    run.daemon.wait_for_message("Started working")
    fields = run.processes.stat(pid)
    opened = run.processes.descriptors(pid)
    seen = (run.client.exchange(4000).data, fields[3] == str(pid), fields[4],
            os.readlink(f"/proc/{pid}/cwd"), [opened[number] for number in range(3)])
    run.daemon.wait_for_record("EXIT: a")
    os.kill(pid, 15)
    run.wait_until(lambda: run.processes.state(pid) in (None, "Z"), "the end")
    return seen, run.daemon.pid_file.exists()


def on_terminal(run):
    """-d on a terminal: the shape of its start message, and the status after SIGINT."""
    words = [run.program(), "-d", "-f", str(run.daemon.configuration)]
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(words[0], words, {"PATH": "/usr/bin:/bin", "TZ": "UTC"})
    os.set_blocking(terminal, False)
    shown = bytearray()

    def started():
        try:
            shown.extend(os.read(terminal, 65536))
        except OSError:
            pass
        return b"Started working: 1 available service" in shown
    run.wait_until(started, lambda: f"the start in {bytes(shown)!r}")
    os.kill(pid, 2)
    status = run.wait_until(lambda: next((status for found, status in [os.waitpid(pid, os.WNOHANG)]
                                          if found), None), "the end")
    os.close(terminal)
    return os.waitstatus_to_exitcode(status)


def link(run):
    os.symlink(run.directory / "victim", run.daemon.pid_file)


def pid_file(run):
    """A link in its place is replaced; what the file holds, and that it goes."""
    seen = (run.read("victim"), run.daemon.pid_file.is_symlink(),
            run.daemon.pid_file.read_text() == f"{run.daemon.pid}\n",
            oct(run.daemon.pid_file.stat().st_mode & 0o777))
    run.daemon.stop()
    return seen, run.daemon.pid_file.exists()


def checked(run):
    """-cc every second says nothing while all is well."""
    later(2.5)(run)
    return run.talk(4000).data


def children(run):
    """SIGCHLD without a child that ended, then one."""
    run.daemon.send(17)
    seen = run.talk(4000).data
    run.daemon.wait_for_record("EXIT: a")
    return seen


DUMP = ("Service defaults", "Server table dump:")

OPTIONS = [
    case("-version", "option -version", TEXT, command("-version"), start=False),
    *(usage(*words, covers=covers) for words, covers in (
        (("stray",), "option unknown"), (("-f",), "option -f"),
        (("-limit", "many"), "option -limit"), (("-pidfile",), "option -pidfile"),
        (("-cc", "x"), "option -cc"), (("-logprocs", "x"), "option -logprocs"),
        (("-shutdownprocs",), "option -shutdownprocs"),
        (("-filelog", "/tmp/work/x", "-syslog", "daemon"), "option -filelog; option -syslog"))),
    case("options that do nothing", "option -reuse; option -inetd_ipv6; option unknown; "
         "option -logprocs; option -shutdownprocs; option -cc; option -stayalive",
         TEXT, talk(), options=("-reuse", "-inetd_ipv6", "-foo", "-logprocs", "5", "-cc", "60",
                                "-shutdownprocs", "2", "-stayalive"),
         differs={"messages": "note"}),
    case("-inetd_compat without /etc/inetd.conf", "option -inetd_compat", TEXT, talk(),
         options=("-inetd_compat",)),
    case("-cc checks every so often and is silent while all is well", "option -cc", TEXT, checked,
         options=("-cc", "1")),
    case("-dontfork stays without services", "option -dontfork", BASE,
         lambda run: run.daemon.exited()),
    failing("a file that cannot be read", "option -f", TEXT, "-f", "/no/such/file",
            differs={"seen": "note"}),
    case("a log that cannot be opened", "option -filelog", TEXT,
         command("-dontfork", "-f", "/tmp/work/case/conf", "-filelog", "/no/such/log"),
         start=False),
    case("a pid file in place of a link", "option -pidfile", TEXT, pid_file,
         files=(("victim", "precious"),), prepare=link),
    case("the log has its mode", "option -filelog", TEXT, mode("messages")),
    case("the background daemon", "option -pidfile; signal TERM", TEXT, background(lived),
         start=False),
    case("a background start without services", "option -stayalive; option -dontfork", BASE,
         background(lambda run: (run.daemon.wait_for_message("no services. Exiting..."), 1)[1]),
         start=False, differs={"seen": "D36"}),
    case("a background start without services and with -stayalive", "option -stayalive", BASE,
         background(lambda run: (run.daemon.wait_for_message("Started working: 0"),
                                 os.kill(run.background_pid(), 3))[1]),
         start=False, options=("-stayalive",), tidy=False),
    case("-d on a terminal ends on INT", "option -d; signal INT", TEXT, on_terminal, start=False),
]


def to_syslog(*options):
    """Priority and tag of the start message at /dev/log."""
    def script(run):
        receiver = run.syslog()
        run.extra.append(receiver)
        run.daemon.start(*options, ready=False, filelog=False)
        run.wait_until(lambda: any("Started working" in line[2] for line in receiver.collect()),
                       lambda: f"the start in {receiver.lines}")
        run.daemon.stop()
        return [(priority, tag) for priority, tag, text in receiver.collect()
                if "Started working" in text or "Exiting" in text]
    return script


OPTIONS += [
    case("messages go to syslog", "option -syslog", TEXT, to_syslog(), start=False),
    case("the facility of messages", "option -syslog", TEXT, to_syslog("-syslog", "local3"),
         start=False),
]

SIGNALS = [
    case("TERM leaves a handler and ends with 0", "signal TERM", BASE + service(**CAT),
         stops("TERM"), tidy=False),
    case("QUIT leaves a handler and ends with 0", "signal QUIT", BASE + service(**CAT),
         stops("QUIT"), tidy=False),
    case("TERM and a client of an internal service", "signal TERM; internal echo/tcp",
         BASE + internal("echo", port=4000), stops("TERM"), tidy=False,
         differs={"seen": "D13", "records": "D13", "messages": "D13"}),
    case("HUP reads the configuration again", "signal HUP; reload kept", TEXT,
         send("HUP", talk(), "Reconfigured: ")),
    case("USR2 reads the configuration again", "signal USR2; reload kept", TEXT,
         send("USR2", talk(), "Reconfigured: ")),
    case("ABRT checks the tables", "signal ABRT", TEXT,
         send("ABRT", talk(), "Consistency check ")),
    case("ABRT while a service pauses", "signal ABRT; cps", BASE + service(**CAT, cps="1 60"),
         lambda run: (run.daemon.trip(lambda: run.client.exchange(4000)), run.settle(),
                      run.daemon.send(6), run.daemon.wait_for_message("Consistency check "))[3],
         differs={"seen": "D37", "messages": "D37"}, unordered=True),
    case("CHLD without a child", "signal CHLD", TEXT, children),
    case("INT in the foreground is ignored", "signal INT", TEXT, survives("INT")),
    case("IO is no harm", "signal IO; option -cc", TEXT, survives("IO")),
    case("signals that are caught and do nothing",
         "signal ALRM; signal VTALRM; signal PROF; signal WINCH; signal URG; signal XCPU; "
         "signal XFSZ", TEXT, survives("ALRM", "VTALRM", "PROF", "WINCH", "URG", "XCPU", "XFSZ")),
    case("signals that are ignored", "signal PIPE; signal CONT; signal TSTP; signal TTIN; "
         "signal TTOU", TEXT, survives("PIPE", "CONT", "TSTP", "TTIN", "TTOU")),
    case("a real-time signal ends it", "signal RTMIN", TEXT,
         lambda run: (run.daemon.send(35), run.daemon.wait_exit())[1]),
    case("USR1 writes a state dump", "signal USR1; dump service; dump defaults", TEXT, dump(DUMP)),
    case("the state dump of many attributes", "signal USR1; dump service",
         defaults(instances=25, cps="25 30", per_source=10, passenv="PATH",
                  only_from="127.0.0.0/8 10.1.{2,3} .example.test ::1", bind="0.0.0.0")
         + service(nice=5, umask="027", flags="NODELAY KEEPALIVE", env="MODE=test LEVEL=2",
                   group="daemon", groups="yes", no_access="127.0.0.66", instances=3,
                   access_times="0:00-23:59", libwrap="other",
                   log_type="SYSLOG local4 notice")
         + service("tunnel", port=4001, server=None, server_args=None,
                   redirect="127.0.0.1 4000", log_on_success="TRAFFIC")
         + internal("daytime", "dgram", port=4002)
         + service("trap", port=4003, flags="SENSOR", deny_time=60), dump(DUMP)),
    case("the state dump of paused and waiting services", "signal USR1; dump service; cps",
         BASE + service(**CAT, cps="1 60"),
         lambda run: (run.daemon.trip(lambda: run.client.exchange(4000)), run.settle(),
                      re.search(r"State = (\w+)", run.dump(*DUMP))[1])[2], unordered=True),
    case("the dump is appended", "signal USR1", TEXT,
         lambda run: (run.dump(*DUMP), run.dump_again())[1]),
]

CASES = OPTIONS + SIGNALS
