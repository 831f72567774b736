# SPDX-License-Identifier: BSD-2-Clause
#
# What a handler finds when it starts: arguments, environment, descriptors, ids, limits, signals.

import os
import pathlib
import signal

import harness  # noqa: F401  (enters the sandbox)
from harness import client, probe
from harness.case import USHERD, XINETD, IntegrationCase, not_wrapped, on
from harness.config import defaults, service

PROBE = {"server": probe.PATH, "server_args": None}
# What usherd sets beside REMOTE_HOST: usherd.conf(5), ENVIRONMENT.
CONNECTION = ("REMOTE_ADDR", "REMOTE_PORT", "LOCAL_ADDR", "LOCAL_PORT", "PROTO", "TCPREMOTEIP",
              "TCPREMOTEPORT", "TCPLOCALIP", "TCPLOCALPORT")


class ProbeCase(IntegrationCase):
    def setUp(self):
        super().setUp()
        probe.install(self)

    def look(self, port=4000, **keywords):
        return probe.parse(client.exchange(port, **keywords).data)

    def seen_by(self, kind, *options, start=None, head="", **attributes):
        """What the handler of a service with these attributes sees."""
        self.started(kind, defaults() + head + service(**(PROBE | attributes)), *options,
                     **(start or {}))
        return self.look()


class Arguments(ProbeCase):
    def arguments(self, kind, **attributes):
        return self.seen_by(kind, **attributes).argv

    @on(XINETD, USHERD)
    def test_argv0_is_the_last_component_of_server(self, kind):
        self.assertEqual(self.arguments(kind, server_args="one two"), ["in.probed", "one", "two"])

    @on(XINETD, USHERD)
    def test_a_hash_sign_and_quotes_are_arguments(self, kind):
        self.assertEqual(self.arguments(kind, server_args='# "a b" \\ $PATH'),
                         ["in.probed", "#", '"a', 'b"', "\\", "$PATH"])

    @on(XINETD, USHERD)
    def test_with_nameinargs_the_first_word_is_argv0(self, kind):
        self.assertEqual(self.arguments(kind, flags="NAMEINARGS",
                                        server_args="-another x"),
                         ["-another", "x"])

    @on(USHERD)
    def test_nameinargs_may_stand_after_server_args(self, kind):
        """xinetd then runs the server without arguments (D5)."""
        text = service(**(PROBE | {"server_args": "another x"}),
                       **{"flags ": "NAMEINARGS"})
        self.started(kind, text)
        self.assertEqual(self.look().argv, ["another", "x"])


class Environment(ProbeCase):
    # passenv in the service, passenv in defaults, env in the service
    ROWS = [(None, None, None), (None, None, "A=1 B=2"), (None, "PATH", None),
            (None, "PATH TZ", "A=1"), ("TZ", "PATH", None), ("TZ", None, "A=1 TZ=here"),
            ("", None, None), (None, None, "REMOTE_HOST=fake LAST=x"),
            (None, None, "A=$PATH A=2 =x"), ("NOSUCHVARIABLE LANG", None, None)]

    def environment(self, subject):
        """One list for each row, without what usherd adds."""
        found = []
        for number in range(len(self.ROWS)):
            seen = self.look(4000 + number, source="127.0.0.9")
            found.append([entry for entry in seen.environment
                          if entry.split("=")[0] not in CONNECTION])
        return found

    def configuration(self):
        text = ""
        for number, (own, _, env) in enumerate(self.ROWS):
            text += service(f"s{number}", **PROBE, port=4000 + number, passenv=own, env=env)
        return text

    @not_wrapped("its script puts the environment in another order")
    def test_env_and_passenv_make_the_same_environment_as_in_xinetd(self):
        inherited = [row for row in self.ROWS if row[1] is None]
        self.ROWS = inherited
        seen = self.compare(defaults() + self.configuration(), self.environment)
        names = [[entry.split("=", 1)[0] for entry in row] for row in seen]
        self.assertIn("TZ", names[0])
        self.assertEqual(seen[1][-3:], ["A=1", "B=2", "REMOTE_HOST=::ffff:127.0.0.9"])
        self.assertEqual(seen[2][-1], "REMOTE_HOST=::ffff:127.0.0.9")
        self.assertEqual(names[3], ["REMOTE_HOST"])
        self.assertEqual(seen[4][-2:], ["REMOTE_HOST=::ffff:127.0.0.9", "LAST=x"])

    def test_passenv_of_defaults_makes_the_same_environment_as_in_xinetd(self):
        for list_of_defaults in ("PATH", "PATH TZ"):
            with self.subTest(passenv=list_of_defaults):
                rows = [(own, None, env) for own, inherited, env in self.ROWS
                        if inherited == list_of_defaults]
                rows.append(("TZ", None, None))
                self.ROWS = rows
                self.compare(defaults(passenv=list_of_defaults) + self.configuration(),
                             self.environment)
                self.ROWS = type(self).ROWS

    def test_passenv_can_be_extended_and_reduced_in_a_service(self):
        text = service(**PROBE, **{"passenv +": "LANG"})
        text += service("b", **PROBE, port=4001, **{"passenv -": "TZ"})
        self.ROWS = [None, None]
        seen = self.compare(defaults(passenv="PATH TZ") + text, self.environment)
        self.assertEqual([entry.split("=")[0] for entry in seen[0]],
                         ["PATH", "TZ", "LANG", "REMOTE_HOST"])
        self.assertEqual([entry.split("=")[0] for entry in seen[1]], ["PATH", "REMOTE_HOST"])

    def test_the_connection_is_described_from_the_kernels_view(self):
        self.started(USHERD, defaults() + service(**PROBE, env="REMOTE_ADDR=lie TCPLOCALPORT=1"))
        with client.connect(4000, "127.0.0.4", source="127.0.0.9") as connection:
            port = str(connection.getsockname()[1])
            variables = probe.parse(client.read_all(connection).data).variables
        self.assertEqual({name: variables.get(name) for name in CONNECTION + ("REMOTE_HOST",)},
                         {"REMOTE_HOST": "::ffff:127.0.0.9", "REMOTE_ADDR": "127.0.0.9",
                          "REMOTE_PORT": port, "LOCAL_ADDR": "127.0.0.4", "LOCAL_PORT": "4000",
                          "PROTO": "TCP", "TCPREMOTEIP": "127.0.0.9", "TCPREMOTEPORT": port,
                          "TCPLOCALIP": "127.0.0.4", "TCPLOCALPORT": "4000"})

    def test_an_ipv6_connection_is_described_likewise(self):
        self.started(USHERD, defaults() + service(**PROBE))
        variables = self.look(host="2001:db8::1", source="::1").variables
        self.assertEqual(variables["REMOTE_HOST"], "::1")
        self.assertEqual(variables["REMOTE_ADDR"], "::1")
        self.assertEqual(variables["TCPLOCALIP"], "2001:db8::1")
        self.assertEqual(variables["LOCAL_ADDR"], "2001:db8::1")


class Descriptors(ProbeCase):
    @on(XINETD, USHERD)
    def test_a_handler_has_the_connection_on_0_1_2_and_nothing_else(self, kind):
        """Even while the daemon holds many listeners, logs, and inherited descriptors."""
        others = "".join(service(f"s{number}", port=4100 + number) for number in range(40))
        inherited = [os.open("/dev/null", os.O_RDWR) for _ in range(5)]
        for number in inherited:
            os.set_inheritable(number, True)
        try:
            self.started(kind, defaults() + others + service(
                **PROBE, log_type="FILE @DIR@/own"), close_fds=False)
        finally:
            for number in inherited:
                os.close(number)
        busy = [client.connect(4100 + number) for number in range(40)]
        seen = self.look()
        for connection in busy:
            connection.close()
        self.assertEqual(sorted(seen.descriptors), [0, 1, 2], seen.descriptors)
        self.assertEqual(len(set(seen.descriptors.values())), 1)
        self.assertRegex(seen.descriptors[0], r"^socket:\[\d+\]$")

    @on(XINETD, USHERD)
    def test_the_connection_is_in_blocking_mode(self, kind):
        self.assertEqual(self.seen_by(kind).flags & os.O_NONBLOCK, 0)


class Identity(ProbeCase):
    ROWS = {"nobody": {"user": "nobody"},
            "other group": {"user": "nobody", "group": "daemon", "groups": "yes"},
            "root": {"user": "root"},
            "root and groups": {"user": "root", "groups": "yes"},
            "number": {"user": "12345"},
            "number and group": {"user": "12345", "group": "99"},
            "alice": {"user": "alice"},
            "alice and groups": {"user": "alice", "groups": "yes"},
            "groups no": {"user": "alice", "groups": "no", "group": "readers"}}

    def configuration(self):
        return defaults() + "".join(service(f"s{number}", **(PROBE | row), port=4000 + number)
                                    for number, row in enumerate(self.ROWS.values()))

    def test_ids_are_those_of_xinetd(self):
        def ids(_):
            return {name: self.look(4000 + number).ids
                    for number, name in enumerate(self.ROWS)}
        seen = self.compare(self.configuration(), ids)
        self.assertEqual(seen["nobody"], ((65534,) * 3, (65534,) * 3, ()))
        self.assertEqual(seen["other group"], ((65534,) * 3, (1,) * 3, (65534,)))
        self.assertEqual(seen["root and groups"], ((0,) * 3, (0,) * 3, (0,)))
        self.assertEqual(seen["number"], ((12345,) * 3, (12345,) * 3, ()))
        self.assertEqual(seen["alice and groups"], ((4001,) * 3, (4001,) * 3, (4001, 4002, 4003)))
        self.assertEqual(seen["groups no"], ((4001,) * 3, (4003,) * 3, ()))

    def test_groups_of_defaults_reach_the_service(self):
        text = defaults(groups="yes") + service(**(PROBE | {"user": "alice"}))
        seen = self.compare(text, lambda _: self.look().ids)
        self.assertEqual(seen[2], (4001, 4002, 4003))


class Limits(ProbeCase):
    NAMES = ("Max address space", "Max cpu time", "Max data size", "Max open files",
             "Max resident set", "Max stack size", "Max processes", "Max core file size")

    def limits(self, _=None):
        seen = self.look()
        return {name: seen.limits[name] for name in self.NAMES}

    def test_open_files_are_the_daemons_hard_limit(self):
        seen = self.compare(defaults() + service(**PROBE), self.limits)
        self.assertEqual(seen["Max open files"], ("4096", "4096"))

    @not_wrapped("it has limits of its own")
    def test_rlimits_set_soft_and_hard(self):
        text = defaults() + service(**PROBE, rlimit_as="512M", rlimit_cpu=20, rlimit_data="256M",
                                    rlimit_files=100, rlimit_rss="65536K", rlimit_stack="1048576")
        seen = self.compare(text, self.limits)
        self.assertEqual(seen["Max address space"], (str(512 << 20),) * 2)
        self.assertEqual(seen["Max cpu time"], ("20", "20"))
        self.assertEqual(seen["Max open files"], ("100", "100"))
        self.assertEqual(seen["Max stack size"], ("1048576", "1048576"))

    @not_wrapped("it has limits of its own")
    def test_unlimited_and_zero_mean_what_they_mean_in_xinetd(self):
        text = defaults() + service(**PROBE, rlimit_as="UNLIMITED", rlimit_cpu="UNLIMITED",
                                    rlimit_data="0", rlimit_stack="-1")
        self.compare(text, self.limits)


class Surroundings(ProbeCase):
    def setUp(self):
        super().setUp()
        self.start_with_nice_0()

    def facts(self, _=None):
        seen = self.look()
        pid = seen.status["Pid"]
        state = {name: seen.status[name] for name in ("SigBlk", "SigIgn", "Umask")}
        # Fields of stat(5) from the state on: ppid, pgrp, session, tty ... nice is the 17th.
        return state | {"directory": seen.directory, "nice": int(seen.stat[16]),
                        "leads group": seen.stat[2] == pid, "leads session": seen.stat[3] == pid,
                        "terminal": seen.stat[4]}

    def test_directory_session_signals_umask_and_nice_are_those_of_xinetd(self):
        seen = self.compare(defaults() + service(**PROBE), self.facts)
        self.assertEqual(seen, {"SigBlk": "0" * 16, "SigIgn": "0" * 16,
                                "Umask": "0022", "directory": "/", "nice": 0,
                                "leads group": True, "leads session": True, "terminal": "0"})

    def test_umask_and_nice_can_be_set(self):
        seen = self.compare(defaults() + service(**PROBE, umask="027", nice=7), self.facts)
        self.assertEqual((seen["Umask"], seen["nice"]), ("0027", 7))

    def test_a_negative_nice_needs_root(self):
        text = defaults(umask="002") + service(**PROBE, nice=-3)
        self.assertEqual(self.compare(text, self.facts)["nice"], -3)
        text = defaults(umask="002") + service(**(PROBE | {"user": "nobody"}), nice=-3)
        seen = self.compare(text, self.facts)
        self.assertEqual((seen["nice"], seen["Umask"]), (0, "0002"))

    @on(XINETD, USHERD)
    def test_a_stricter_umask_of_the_daemon_is_kept(self, kind):
        seen = self.seen_by(kind, start={"umask": 0o070})
        self.assertEqual(seen.status["Umask"], "0072")

    @on(XINETD, USHERD)
    def test_signals_blocked_at_the_daemons_start_do_not_reach_the_handler(self, kind):
        old = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2, signal.SIGALRM])
        try:
            seen = self.seen_by(kind)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, old)
        self.assertEqual(seen.status["SigBlk"], "0" * 16)

    @on(XINETD, USHERD)
    def test_the_pipe_signal_has_its_default_action_in_the_handler(self, kind):
        self.assertEqual(int(self.seen_by(kind).status["SigIgn"], 16), 0)


class ExecFailure(ProbeCase):
    def records(self, subject):
        client.exchange(4000)
        subject.wait_for_record("EXIT: a")
        subject.wait_idle()
        said = [text for text in subject.message_texts("ERROR") if "execv" in text]
        return [line.split(" pid=")[0] for line in subject.records()], said

    def test_a_directory_as_server_is_an_error_at_exec(self):
        pathlib.Path("/tmp/broken").mkdir(exist_ok=True)
        seen = self.compare(defaults() + service(server="/tmp/broken"), self.records)
        self.assertEqual(seen, (["START: a", "EXIT: a status=0"],
                                ["execv( /tmp/broken ) failed: Permission denied (errno = 13)"]))

    def test_its_message_bears_the_pid_of_the_handler(self):
        """Row D38."""
        pathlib.Path("/tmp/broken").mkdir(exist_ok=True)

        def scenario(subject):
            client.exchange(4000)
            start = subject.wait_for_record("START: a")[0]
            (message,) = subject.wait_for_message("execv(")
            (author,) = [entry.pid for entry in subject.messages() if entry.text == message]
            return f" pid={author} " in start, author == subject.pid
        seen = self.compare(defaults() + service(server="/tmp/broken"), scenario)
        self.assertEqual(seen, (True, False))

    def test_a_server_that_vanished_after_the_start(self):
        path = pathlib.Path("/tmp/home/vanishing")

        def make():
            path.write_text("#!/bin/sh\n")
            path.chmod(0o755)

        def vanish(subject):
            path.unlink()
            return self.records(subject)
        seen = self.compare(defaults() + service(server=path), vanish, prepare=make)
        self.assertEqual(seen[1], [f"execv( {path} ) failed: No such file or directory "
                                   "(errno = 2)"])

    def test_a_file_in_no_executable_format(self):
        path = pathlib.Path("/tmp/home/text")
        path.write_text("just text\n")
        path.chmod(0o755)
        seen = self.compare(defaults() + service(server=path), self.records)
        self.assertEqual(seen[1], [f"execv( {path} ) failed: Exec format error (errno = 8)"])
