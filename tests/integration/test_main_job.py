# SPDX-License-Identifier: BSD-2-Clause
#
# The main job on real input: real servers from files in xinetd syntax (services/), each on its
# real port, each asked by a real client.

import os
import pathlib
import pwd
import shutil
import subprocess
import time

import harness  # noqa: F401  (enters the sandbox)
from harness.case import HERE, LINKED, USHERD, XINETD, IntegrationCase, on, processes, wait

ALL = (XINETD, USHERD, LINKED)
SRV = pathlib.Path("/tmp/srv")
RECORDS = pathlib.Path("/var/log/servicelog")
CONTENT = "".join(f"line {number} of a file that fits in no single packet\n"
                  for number in range(2000))


class RealServices(IntegrationCase):
    def setUp(self):
        super().setUp()
        shutil.rmtree(SRV, ignore_errors=True)
        RECORDS.unlink(missing_ok=True)
        for directory in ("files", "git", "home", "tftp", "www", "ftp/pub"):
            (SRV / directory).mkdir(parents=True)
        for name in ("files/data.txt", "tftp/data.txt", "www/data.txt", "ftp/pub/data.txt"):
            (SRV / name).write_text(CONTENT)
        etc = pathlib.Path("/etc")
        shutil.copy(HERE / "services/xinetd.conf", etc / "xinetd.conf")
        shutil.rmtree(etc / "xinetd.d", ignore_errors=True)
        shutil.copytree(HERE / "services/xinetd.d", etc / "xinetd.d")
        for name, target in (("rsyncd.conf", "rsyncd.conf"), ("vsftpd.conf", "vsftpd.conf"),
                             ("sshd_config.inetd", "ssh/sshd_config.inetd")):
            shutil.copy(HERE / "services/etc" / name, etc / target)
        for directory in ("/run/sshd", "/run/vsftpd/empty"):
            os.makedirs(directory, exist_ok=True)

    def start_all(self, kind):
        """The daemon with all services of services/."""
        subject = self.daemon(kind)
        subject.configuration = pathlib.Path("/etc/xinetd.conf")
        subject.record_file = RECORDS
        subject.start()
        started = subject.wait_for_message("Started working: ")[0]
        self.assertEqual(started, "Started working: 10 available services", subject.story())
        self.assertEqual(subject.message_texts("ERROR", "WARNING", "CRITICAL"), [])
        return subject

    def client(self, *command, seconds=30, **keywords):
        """Runs a client program, which must succeed."""
        done = subprocess.run([self.tool(command[0]), *command[1:]], capture_output=True,
                              text=True, timeout=seconds, stdin=subprocess.DEVNULL, **keywords)
        self.assertEqual(done.returncode, 0, f"{command}\n{done.stdout}\n{done.stderr}\n"
                         + "\n".join(subject.story() for subject in self.running))
        return done.stdout

    @on(*ALL)
    def test_rsync_lists_and_fetches_a_file(self, kind):
        self.tool("rsync")
        subject = self.start_all(kind)
        modules = self.client("rsync", "rsync://127.0.0.1/")
        self.assertIn("test files", modules)
        listing = self.client("rsync", "rsync://[::1]/files/")
        self.assertIn("data.txt", listing)
        self.client("rsync", "-t", "rsync://127.0.0.1/files/data.txt", "/tmp/work/fetched")
        self.assertEqual(pathlib.Path("/tmp/work/fetched").read_text(), CONTENT)
        subject.wait_for_record("EXIT: rsync", 3)
        subject.wait_idle()
        starts = [line for line in subject.records() if line.startswith("START: rsync")]
        self.assertRegex(starts[0], r"^START: rsync pid=\d+ from=::ffff:127\.0\.0\.1$")
        self.assertRegex(starts[1], r"^START: rsync pid=\d+ from=::1$")

    @on(*ALL)
    def test_git_clones_a_repository(self, kind):
        git = self.tool("git")
        environment = {"HOME": "/tmp/srv/home", "PATH": os.environ["PATH"],
                       "GIT_CONFIG_NOSYSTEM": "1"}

        def run(*words):
            self.client(git, *words, env=environment)
        run("init", "-q", "/tmp/srv/git/project")
        (SRV / "git/project/file").write_text(CONTENT)
        identity = ("-c", "user.name=Alice", "-c", "user.email=alice@example.test")
        run("-C", "/tmp/srv/git/project", "add", "file")
        run("-C", "/tmp/srv/git/project", *identity, "commit", "-qm", "One file")
        alice = pwd.getpwnam("alice")
        for path in (SRV / "git").rglob("*"):
            os.chown(path, alice.pw_uid, alice.pw_gid)
        subject = self.start_all(kind)
        run("clone", "-q", "git://127.0.0.1/project", "/tmp/work/clone")
        self.assertEqual(pathlib.Path("/tmp/work/clone/file").read_text(), CONTENT)
        subject.wait_for_record("EXIT: git status=0")
        subject.wait_idle()

    @on(*ALL)
    def test_sshd_runs_a_command_and_receives_a_copy(self, kind):
        self.tool("sshd")
        key, host_key = "/tmp/work/key", "/etc/ssh/ssh_host_test_key"
        for path in (key, host_key):
            pathlib.Path(path).unlink(missing_ok=True)
            self.client("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path)
        shutil.copy(f"{key}.pub", "/etc/ssh/authorized_keys")
        os.chmod("/etc/ssh/authorized_keys", 0o644)
        alice = pwd.getpwnam("alice")
        os.chown("/tmp/home", alice.pw_uid, alice.pw_gid)
        options = ("-F", "none", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no",
                   "-o", "UserKnownHostsFile=/dev/null", "-i", key)
        subject = self.start_all(kind)
        said = self.client("ssh", *options, "alice@127.0.0.1", "id -un; echo $((6 * 7))")
        self.assertEqual(said, "alice\n42\n")
        self.client("scp", "-q", *options, "/tmp/srv/files/data.txt", "alice@127.0.0.1:copied")
        self.assertEqual(pathlib.Path("/tmp/home/copied").read_text(), CONTENT)
        subject.wait_for_record("EXIT: ssh", 2)
        subject.wait_idle()

    @on(*ALL)
    def test_tftpd_serves_files_and_keeps_the_socket_meanwhile(self, kind):
        self.tool("in.tftpd")
        subject = self.start_all(kind)
        for name in ("one", "two"):
            self.client("tftp", "-m", "binary", "127.0.0.1", "-c", "get", "data.txt", name,
                        cwd="/tmp/work")
            self.assertEqual(pathlib.Path("/tmp/work", name).read_text(), CONTENT)
        starts = [line for line in subject.records() if line.startswith("START: tftp")]
        self.assertEqual(len(starts), 1, "the server that waits serves both")
        self.assertRegex(starts[0], r"^START: tftp pid=\d+ from=127\.0\.0\.1$")
        server = int(starts[0].split("pid=")[1].split()[0])
        self.assertIn("in.tftpd", processes.command(server))
        os.kill(server, 9)
        subject.wait_for_record("EXIT: tftp signal=9")
        self.client("tftp", "-m", "binary", "127.0.0.1", "-c", "get", "data.txt", "three",
                    cwd="/tmp/work")
        self.assertEqual(pathlib.Path("/tmp/work/three").read_text(), CONTENT)
        for child in subject.handlers():
            os.kill(child, 9)
        subject.wait_for_record("EXIT: tftp signal=9", 2)

    @on(*ALL)
    def test_fingerd_answers_a_query(self, kind):
        self.tool("efingerd")
        script = pathlib.Path("/etc/efingerd/nouser")
        script.parent.mkdir(exist_ok=True)
        script.write_text("#!/bin/sh\necho \"nobody here is called $3; I am $(id -un)\"\n")
        script.chmod(0o755)
        subject = self.start_all(kind)
        said = self.client("finger", "carol@127.0.0.1")
        self.assertIn("nobody here is called carol; I am nobody", said)
        subject.wait_for_record("EXIT: finger status=")
        subject.wait_idle()

    @on(*ALL)
    def test_micro_httpd_delivers_a_page(self, kind):
        self.tool("micro-httpd")
        subject = self.start_all(kind)
        page = self.client("curl", "-s", "-S", "--http1.0", "http://127.0.0.1:8000/data.txt")
        self.assertEqual(page, CONTENT)
        page = self.client("curl", "-s", "-S", "-g", "--http1.0", "http://[::1]:8000/data.txt")
        self.assertEqual(page, CONTENT)
        subject.wait_for_record("EXIT: www status=", 2)
        subject.wait_idle()

    @on(*ALL)
    def test_telnetd_shows_a_login_prompt(self, kind):
        self.tool("telnetd")
        subject = self.start_all(kind)
        client = subprocess.Popen([self.tool("telnet"), "127.0.0.1"], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.addCleanup(client.stdout.close)
        os.set_blocking(client.stdout.fileno(), False)
        screen = bytearray()

        def prompted():
            screen.extend(client.stdout.read() or b"")
            return b"login:" in screen
        wait.wait_until(prompted, lambda: f"a login prompt in {bytes(screen)!r}")
        client.stdin.close()
        client.kill()
        client.wait()
        subject.wait_for_record("EXIT: telnet")
        subject.wait_idle()

    @on(*ALL)
    def test_vsftpd_delivers_a_file_to_an_ftp_client(self, kind):
        self.tool("vsftpd")
        subject = self.start_all(kind)
        self.client("tnftp", "-a", "-o", "/tmp/work/fetched", "ftp://127.0.0.1/pub/data.txt",
                    env={"HOME": "/tmp/work", "PATH": os.environ["PATH"]})
        self.assertEqual(pathlib.Path("/tmp/work/fetched").read_text(), CONTENT)
        listing = self.client("curl", "-s", "-S", "ftp://127.0.0.1/pub/")
        self.assertIn("data.txt", listing)
        subject.wait_for_record("EXIT: ftp", 2)
        subject.wait_idle()

    @on(*ALL)
    def test_rdate_reads_the_internal_time_service(self, kind):
        subject = self.start_all(kind)
        for protocol in ((), ("-u",)):
            before = int(time.time())
            said = self.client("rdate", *protocol, "-p", "127.0.0.1", env={"TZ": "UTC"})
            told = time.mktime(time.strptime(said.strip(), "%a %b %d %H:%M:%S UTC %Y"))
            self.assertLessEqual(before, int(told) - time.timezone + 1, said)
            self.assertLessEqual(int(told) - time.timezone, time.time() + 1, said)
        lines = subject.wait_for_records(2)
        self.assertEqual(lines, ["START: time-stream pid=0 from=::ffff:127.0.0.1",
                                 "START: time-dgram pid=0 from=::ffff:127.0.0.1"])

    @on(*ALL)
    def test_all_services_keep_serving_at_once(self, kind):
        """Several clients of several services run side by side."""
        subject = self.start_all(kind)
        commands = []
        for number in range(5):
            commands += [
                ["curl", "-s", "-S", "--http1.0", "-o", f"/tmp/work/w{number}",
                 "http://127.0.0.1:8000/data.txt"],
                ["rsync", "rsync://127.0.0.1/files/data.txt", f"/tmp/work/r{number}"],
                ["curl", "-s", "-S", "-o", f"/tmp/work/f{number}",
                 "ftp://127.0.0.1/pub/data.txt"]]
        clients = [subprocess.Popen([self.tool(command[0]), *command[1:]]) for command in commands]
        for client, command in zip(clients, commands):
            self.assertEqual(client.wait(30), 0, command)
        for letter in "wrf":
            for number in range(5):
                self.assertEqual(pathlib.Path(f"/tmp/work/{letter}{number}").read_text(), CONTENT)
        subject.wait_idle()
        records = subject.wait_for_records(30)
        self.assertEqual(len([line for line in records if line.startswith("START")]), 15)
        self.assertEqual(len([line for line in records if line.startswith("EXIT")]), 15)
