# SPDX-License-Identifier: BSD-2-Clause
#
# LABELED: the handler's security context is its peer's. No machine that tests run on has SELinux, so
# that it seems to be there is arranged, and strace answers for the kernel.

import pathlib
import subprocess

import harness  # noqa: F401  (enters the sandbox)
from harness import client, logs, wait
from harness.case import USHERD, IntegrationCase, not_wrapped, on
from harness.config import defaults, service

SELINUX = pathlib.Path("/sys/fs/selinux")
CONTEXT = b"user_u:client_r:client_t:s0\0"
LABELLED = defaults() + service(flags="LABELED", user="nobody")


class LabelledCase(IntegrationCase):
    def setUp(self):
        super().setUp()
        subprocess.run(["mount", "-t", "tmpfs", "none", SELINUX.parent], check=True)
        self.addCleanup(subprocess.run, ["umount", SELINUX.parent], check=True)
        SELINUX.mkdir()
        (SELINUX / "enforce").write_text("1")

    def traced(self, subject, *injected):
        """strace of the daemon and its children, with the kernel's answers changed."""
        output = pathlib.Path("/tmp/work/strace")
        options = [word for text in injected for word in ("-e", f"inject={text}")]
        strace = subprocess.Popen(
            ["strace", "-f", "-qq", "-o", output, "-e", "trace=getsockopt,openat,write,close,execve",
             *options, "-p", str(subject.pid)], stdin=subprocess.DEVNULL)

        def end():
            strace.terminate()
            strace.wait()
        self.addCleanup(end)
        wait.wait_until(lambda: f"TracerPid:\t{strace.pid}" in
                        pathlib.Path(f"/proc/{subject.pid}/status").read_text(), "strace to attach")
        return output, end


class Labelled(LabelledCase):
    def test_a_peer_without_a_label_is_not_served(self):
        def scenario(subject):
            reply = client.exchange(4000).data
            subject.wait_for_record("EXIT")
            return (reply, [logs.normalised(line) for line in subject.records()],
                    [text for text in subject.message_texts() if "context" in text])
        seen = self.compare(LABELLED, scenario,
                            translate=lambda seen: (*seen[:2], [f"{text}: Protocol not available "
                                                                "(errno = 92)" for text in seen[2]]))
        self.assertEqual(len(seen[2]), 1)
        self.assertIn("status=1", seen[1][-1])

    @on(USHERD)
    @not_wrapped("a child that fails ends as a shell there, which is one more exec")
    def test_the_context_of_the_peer_is_to_be_that_of_the_handler(self, kind):
        """The kernel of the machine then says that it knows no contexts."""
        subject = self.started(kind, LABELLED)
        output, end = self.traced(
            subject, f"getsockopt:retval=0:poke_exit=@arg4={CONTEXT.hex()},"
                     f"@arg5={len(CONTEXT).to_bytes(4, 'little').hex()}")
        client.exchange(4000)
        subject.wait_for_message("Changing process context failed for a: Invalid argument")
        subject.wait_for_record("EXIT")
        end()
        steps = [line.split(" ", 1)[1].lstrip() for line in output.read_text().splitlines()
                 if any(part in line for part in ("SO_PEERSEC", "attr/exec", "client_t", "execve("))
                 and " resumed>" not in line]  # the end of a call that another one was seen in the middle of
        self.assertEqual(len(steps), 3)
        self.assertRegex(steps[0], r"^getsockopt\(0, SOL_SOCKET, SO_PEERSEC")
        self.assertRegex(steps[1], r'^openat\(AT_FDCWD, "/proc/thread-self/attr/exec", O_WRONLY')
        self.assertRegex(steps[2], r'^write\(\d+, "user_u:client_r:client_t:s0')
