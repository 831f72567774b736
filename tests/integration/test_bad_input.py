# SPDX-License-Identifier: BSD-2-Clause
#
# Bad input costs what it must and nothing else: a clear message about the service concerned, the
# rest is served. And `usherd --check`: its exit status and its diagnostics.

import os
import pathlib
import re
import shutil
import socket
import subprocess

import harness  # noqa: F401  (enters the sandbox)
from harness import client
from harness import daemon as daemons
from harness.case import USHERD, WORK, XINETD, IntegrationCase, not_wrapped, on, processes, wait
from harness.config import defaults, service
from harness.programs import REPOSITORY

GOOD = service("good", port=4001)


class FilesOfOthers(IntegrationCase):
    """Whoever can change a service file runs programs as root."""

    def with_drop_in(self):
        subject = self.daemon(USHERD, defaults() + GOOD + "includedir @DIR@/d\n")
        return subject, subject.write("d/other", service("other", port=4002))

    def refused(self, subject, path):
        subject.start()
        self.assertEqual({port for _, _, port in processes.listening()}, {4001})
        self.assertTrue([line for line in subject.message_texts("ERROR")
                         if str(path) in line and "can write it" in line], subject.story())

    def test_a_drop_in_that_everybody_can_write_is_not_read(self):
        subject, drop_in = self.with_drop_in()
        drop_in.chmod(0o646)
        self.refused(subject, drop_in)

    def test_a_drop_in_that_belongs_to_another_user_is_not_read(self):
        subject, drop_in = self.with_drop_in()
        os.chown(drop_in, 1, 0)
        self.refused(subject, drop_in)

    def test_a_directory_that_everybody_can_write_is_not_read(self):
        subject, drop_in = self.with_drop_in()
        drop_in.parent.chmod(0o777)
        self.refused(subject, drop_in.parent)

    def test_trust_files_reads_them(self):
        subject, drop_in = self.with_drop_in()
        drop_in.parent.chmod(0o777)
        drop_in.chmod(0o666)
        subject.start("--trust-files")
        self.assertEqual({port for _, _, port in processes.listening()}, {4001, 4002})

    def test_at_a_reload_the_last_good_version_runs_on(self):
        subject, drop_in = self.with_drop_in()
        subject.start()
        drop_in.chmod(0o646)
        subject.reload()
        subject.wait_for_message("can write it")
        self.assertEqual(client.exchange(4002).data, b"hello\n")


class OneServiceAlone(IntegrationCase):
    def only_good_runs(self, kind, text, *parts):
        """`text` beside a good service: that one is served, and an error names every part."""
        subject = self.daemon(kind, defaults() + text + GOOD)
        subject.start()
        self.assertEqual(client.exchange(4001).data, b"hello\n")
        self.assertEqual({port for _, _, port in processes.listening()}, {4001})
        matching = [line for line in subject.message_texts("ERROR", "CRITICAL")
                    if all(part in line for part in parts)]
        self.assertTrue(matching, f"an error with {parts}\n{subject.story()}")
        return subject

    @on(XINETD, USHERD)
    def test_an_unknown_user(self, kind):
        self.only_good_runs(kind, service(user="nosuchuser"), "nosuchuser")

    @on(XINETD, USHERD)
    def test_an_unknown_group(self, kind):
        self.only_good_runs(kind, service(group="nosuchgroup"), "nosuchgroup")

    @on(XINETD, USHERD)
    def test_a_server_that_does_not_exist(self, kind):
        self.only_good_runs(kind, service(server="/no/such/server"), "/no/such/server")

    @on(XINETD, USHERD)
    def test_a_server_that_may_not_be_executed(self, kind):
        (WORK / "plain").write_text("text")
        self.only_good_runs(kind, service(server=WORK / "plain"), str(WORK / "plain"))

    @on(XINETD, USHERD)
    def test_a_port_in_use(self, kind):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 4000))
            taken.listen()
            subject = self.daemon(kind, defaults() + service(bind="127.0.0.1") + GOOD)
            subject.start()
            self.assertEqual(client.exchange(4001).data, b"hello\n")
            errors = subject.message_texts("ERROR")
            self.assertIn("bind failed (Address already in use (errno = 98)). service = a",
                          errors)
            self.assertIn("Service a failed to start and is deactivated.", errors)
            self.assertIn("Started working: 1 available service", subject.message_texts())

    @on(USHERD)
    def test_a_port_that_is_freed_meanwhile_is_taken(self, kind):
        """xinetd tries eleven times without a pause (D26)."""
        taken = socket.socket()
        taken.bind(("127.0.0.1", 4000))
        taken.listen()
        subject = self.daemon(kind, defaults() + service(bind="127.0.0.1") + GOOD)
        subject.start(ready=False)
        subject.wait_for_message("bind failed")
        taken.close()
        subject.wait_for_message("Started working")
        wait.wait_until(lambda: client.exchange(4000).data == b"hello\n", "the service")

    @on(XINETD, USHERD)
    def test_a_missing_attribute(self, kind):
        for missing in ("socket_type", "wait", "user", "server", "port"):
            with self.subTest(missing=missing):
                subject = self.only_good_runs(kind, service(**{missing: None}
                                                            | ({"protocol": None})))
                subject.stop()
                subject.message_file.unlink()

    @on(XINETD, USHERD)
    def test_an_unreadable_directory(self, kind):
        subject = self.daemon(kind, defaults() + "includedir /no/such/directory\n" + GOOD)
        subject.start()
        self.assertEqual(client.exchange(4001).data, b"hello\n")
        self.assertTrue(any("/no/such/directory" in text
                            for text in subject.message_texts("ERROR")), subject.story())

    @on(USHERD)
    def test_unreadable_files_of_a_directory(self, kind):
        """Run by an ordinary user, for whom they are unreadable."""
        subject = self.daemon(kind, defaults() + "includedir @DIR@/d\nincludedir @DIR@/e\n"
                              + service("good", port=4001, user="bob"))
        subject.write("d/secret", service("secret", port=4002, user="bob"))
        subject.write("d/fine", service("fine", port=4003, user="bob"))
        subject.write("e/any", service("any", port=4004, user="bob"))
        os.mkfifo(subject.directory / "d/fifo")
        (subject.directory / "d/dangling").symlink_to("nowhere")
        (subject.directory / "d/secret").chmod(0)
        (subject.directory / "e").chmod(0)
        subject.directory.chmod(0o777)
        subject.start(user="bob", group="bob", extra_groups=[])
        self.assertEqual(client.exchange(4001).data, b"hello\n")
        self.assertEqual({port for _, _, port in processes.listening()}, {4001, 4003})
        errors = " ".join(subject.message_texts("ERROR", "WARNING"))
        for name in ("d/secret", "d/fifo", "d/dangling", f"{subject.directory}/e"):
            self.assertIn(name, errors)

    @on(XINETD, USHERD)
    def test_nul_bytes(self, kind):
        subject = self.daemon(kind, defaults() + "includedir @DIR@/d\n" + GOOD)
        subject.write("d/nul", "")
        (subject.directory / "d/nul").write_bytes(
            b"service a\n{\n  type = UNL\0ISTED\n\0\n  port = 40\0" + b"\0" * 5000 + b"\n}\n")
        subject.start()
        self.assertEqual(client.exchange(4001).data, b"hello\n")
        self.assertEqual({port for _, _, port in processes.listening()}, {4001})

    @on(USHERD)
    @not_wrapped("forty million bytes take it minutes")
    def test_ten_megabytes_on_one_line(self, kind):
        """xinetd cuts it into pieces (D40)."""
        subject = self.daemon(kind, defaults() + "includedir @DIR@/d\n" + GOOD)
        subject.write("d/a-long-comment", "# " + "x" * 10_000_000 + "\n" + service())
        subject.write("d/b-long-value", service("b", port=4002, nice="9" * 10_000_000))
        subject.write("d/c-long-junk", "y" * 10_000_000 + "\n")
        subject.write("d/d-many-words", service("d", port=4003,
                                                server_args="w " * 2_000_000))
        subject.start(ready=False)
        subject.wait_for_message("Started working")
        self.assertEqual(client.exchange(4001).data, b"hello\n")
        self.assertEqual(client.exchange(4000).data, b"hello\n")
        self.assertLess(subject.message_file.stat().st_size, 100_000, "messages are cut")
        # Two million arguments are more than the kernel takes: an error at exec, of this alone.
        self.assertEqual(client.exchange(4003).data, b"")
        subject.wait_for_message("Argument list too long (errno = 7)")

    @on(USHERD)
    def test_an_include_cycle(self, kind):
        """xinetd dies of it (D4)."""
        subject = self.daemon(kind, defaults() + GOOD + "include @DIR@/one\n")
        subject.write("one", "include @DIR@/two\n" + service())
        subject.write("two", "include @DIR@/one\n" + service("b", port=4002))
        subject.start()
        self.assertEqual({port for _, _, port in processes.listening()}, {4000, 4001, 4002})
        self.assertTrue(any(str(subject.directory / "one") in text
                            for text in subject.message_texts("ERROR")), subject.story())

    @on(USHERD)
    def test_includes_that_nest_too_deep(self, kind):
        subject = self.daemon(kind, defaults() + GOOD + "include @DIR@/n0\n")
        for depth in range(40):
            subject.write(f"n{depth}", service(f"s{depth}", port=4100 + depth)
                          + f"include @DIR@/n{depth + 1}\n")
        subject.start()
        self.assertEqual(client.exchange(4001).data, b"hello\n")
        self.assertEqual(client.exchange(4110).data, b"hello\n")
        self.assertEqual(client.exchange(4139).ending, "refused")

    @on(USHERD)
    def test_binary_rubbish(self, kind):
        subject = self.daemon(kind, defaults() + "includedir @DIR@/d\n" + GOOD)
        subject.write("d/x", "")
        (subject.directory / "d/x").write_bytes(bytes(range(256)) * 500)
        (subject.directory / "d/y.yaml").write_bytes(bytes(range(255, 0, -1)) * 500)
        subject.start()
        self.assertEqual(client.exchange(4001).data, b"hello\n")
        for line in subject.message_file.read_bytes().splitlines():
            self.assertFalse(re.search(rb"[\x00-\x1f\x7f]", line), "control characters are escaped")

    @on(USHERD)
    def test_a_service_is_served_or_the_reason_names_what_is_lacking(self, kind):
        """Never started half: attributes whose effect comes later put it out of service."""
        rows = {"redirect": {"redirect": "127.0.0.1 4001"}, "banner": {"banner": "/etc/hosts"},
                "banner_fail": {"banner_fail": "/etc/hosts"},
                "USERID": {"log_on_success": "USERID"},
                "SENSOR": {"flags": "SENSOR", "type": "INTERNAL UNLISTED"},
                "TCPMUX": {"type": "TCPMUX UNLISTED", "port": None}}
        text = "".join(service(f"s{number}", **({"port": 4100 + number} | row))
                       for number, row in enumerate(rows.values()))
        subject = self.daemon(kind, defaults() + text + GOOD)
        subject.start()
        self.assertEqual(client.exchange(4001).data, b"hello\n")
        bound = {port for _, _, port in processes.listening()}
        for number, name in enumerate(rows):
            reasons = [line for line in subject.message_texts("ERROR")
                       if f"service s{number} is out of service" in line]
            if 4100 + number in bound:
                self.assertEqual(reasons, [], name)
            elif name != "TCPMUX" or reasons:
                # That has no port of its own.
                self.assertIn(name.split("_")[0], reasons[0] if reasons else subject.story())


class Check(IntegrationCase):
    def check(self, text, *options, **run):
        """(status, what was printed) of `usherd --check`."""
        self.require(USHERD)
        path = WORK / "conf"
        path.write_text(text.replace("@DIR@", str(WORK)))
        done = subprocess.run([str(daemons.program(USHERD)), *(options or ["--check"]),
                               "-f", str(path)], capture_output=True, text=True, timeout=30,
                              stdin=subprocess.DEVNULL, env=daemons.ENVIRONMENT, cwd="/", **run)
        return done.returncode, done.stdout + done.stderr

    def test_a_clean_configuration_is_zero(self):
        self.assertEqual(self.check(defaults() + service())[0], 0)

    def test_warnings_are_zero_and_with_strict_one(self):
        text = defaults() + service(colour="blue")
        status, out = self.check(text)
        self.assertEqual(status, 0, out)
        self.assertRegex(out, r"(?m)^/tmp/work/conf:\d+:\d+: warning: .*colour")
        self.assertEqual(self.check(text, "--check=strict")[0], 1)
        self.assertEqual(self.check(defaults() + service(), "--check=strict")[0], 0)

    def test_errors_are_two_and_all_of_them_are_printed_with_a_caret(self):
        status, out = self.check(defaults() + service(nice="x", instanzes=3, umask="9")
                                 + service("b", port=99999) + "junk\n")
        self.assertEqual(status, 2)
        for part in (r"conf:16:\d+: error: .*", r"(?m)^ +nice = x$", r"(?m)^ +\^",
                     "did you mean .instances.", "9", "99999", "junk"):
            self.assertRegex(out, part)
        self.assertEqual(self.check(service(nice="x"), "--check=strict")[0], 2)

    def test_an_ordinary_user_can_check(self):
        WORK.chmod(0o755)
        status, out = self.check(defaults() + service(), user="bob", group="bob", extra_groups=[])
        self.assertEqual(status, 0, out)
        self.assertFalse((WORK / "records").exists(), "nothing is opened")

    def test_an_unreadable_file_is_two_and_named(self):
        self.require(USHERD)
        done = subprocess.run([str(daemons.program(USHERD)), "--check", "-f", "/no/such/file"],
                              capture_output=True, text=True, timeout=30)
        self.assertEqual(done.returncode, 2)
        self.assertIn("/no/such/file", done.stdout + done.stderr)

    def test_no_sockets_are_opened_and_a_running_daemon_does_not_matter(self):
        self.started(USHERD, defaults() + service())
        self.assertEqual(self.check(defaults() + service())[0], 0)

    def test_yaml_drop_ins_have_positions_too(self):
        (WORK / "d").mkdir()
        (WORK / "d/a.yaml").write_text("service: a\ntype: UNLISTED\nsocket_type: stream\n"
                                       "wait: no\nport: 4000\nuser: root\nserver: /bin/echo\n"
                                       "nice: much\n")
        status, out = self.check(defaults() + f"includedir {WORK}/d\n")
        self.assertEqual(status, 2)
        self.assertRegex(out, r"a\.yaml:8:\d+: error: .*")

    def test_the_shipped_configuration_is_clean(self):
        self.require(USHERD)
        etc = pathlib.Path("/etc/usherd")
        shutil.rmtree(etc, ignore_errors=True)
        shipped = REPOSITORY / "services.d"
        shutil.copytree(shipped, etc / "services.d", ignore=lambda *_: ["CMakeLists.txt"])
        (etc / "services.d/usherd.conf").rename(etc / "usherd.conf")
        done = subprocess.run([str(daemons.program(USHERD)), "--check=strict"], text=True,
                              capture_output=True, timeout=30, env=daemons.ENVIRONMENT, cwd="/")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


class Yaml(IntegrationCase):
    @on(USHERD)
    def test_yaml_drop_ins_are_served(self, kind):
        subject = self.daemon(kind, defaults() + "includedir @DIR@/d\n" + GOOD)
        subject.write("d/one.yaml", "service: one\ntype: UNLISTED\nsocket_type: stream\nwait: no\n"
                      "port: 4002\nuser: root\nserver: /bin/echo\n"
                      "server_args: [two, 'words here']\nonly_from: [127.0.0.0/8, '::1']\n")
        subject.write("d/more.yml", "services:\n" + "".join(
            f"  - {{service: m{number}, type: UNLISTED, socket_type: stream, wait: no, "
            f"port: {4010 + number}, user: root, server: /bin/echo, server_args: m{number}}}\n"
            for number in range(3)))
        subject.write("d/skipped.conf", service("x", port=4020))
        subject.start()
        self.assertEqual(client.exchange(4002).data, b"two words here\n")
        for number in range(3):
            self.assertEqual(client.exchange(4010 + number).data, b"m%d\n" % number)
        self.assertEqual(client.exchange(4020).ending, "refused")
        self.assertTrue(any("skipped.conf" in text for text in subject.message_texts()),
                        "a drop-in that is left out because of its name is reported")
