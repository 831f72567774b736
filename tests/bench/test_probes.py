# SPDX-License-Identifier: BSD-2-Clause
"""What the runner reads of processes and sockets, against processes and sockets of its own."""
import contextlib
import os
import socket
import subprocess
import sys
import threading
import unittest

from runner import probes
from runner.clients import Crowd
from runner.server import Unusable

SPIN = "import time\nend = time.process_time() + 0.2\nwhile time.process_time() < end: pass"
TOUCH = "import sys\nmemory = bytearray(b'x') * (32 << 20)\nprint(flush=True)\nsys.stdin.read()"


@contextlib.contextmanager
def python(program):
    """A child that has said that it is there; it ends with its input."""
    child = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE)  # fmt: skip
    try:
        child.stdout.readline()
        yield child
    finally:
        child.communicate()


class Processes(unittest.TestCase):
    def test_a_tree_has_children_and_their_children(self):
        nested = ("import subprocess, sys\n"
                  "child = subprocess.Popen(['cat'], stdin=subprocess.PIPE)\n"
                  "print(child.pid, flush=True)\nsys.stdin.read()\n"
                  "child.communicate()")  # fmt: skip
        child = subprocess.Popen([sys.executable, "-c", nested], stdin=subprocess.PIPE,
                                 stdout=subprocess.PIPE)  # fmt: skip
        try:
            grandchild = int(child.stdout.readline())
            self.assertEqual(set(probes.tree(child.pid)), {child.pid, grandchild})
            self.assertIn(grandchild, probes.tree(os.getpid()))
        finally:
            child.communicate()

    def test_cpu_time_is_also_that_of_children_that_were_waited_for(self):
        before = probes.cpu_seconds(os.getpid())
        subprocess.run([sys.executable, "-c", SPIN], check=True)
        self.assertGreaterEqual(probes.cpu_seconds(os.getpid()) - before, 0.15)

    def test_memory_is_that_of_the_server_without_its_handlers(self):
        with python(TOUCH) as child:
            program = os.readlink(f"/proc/{child.pid}/exe")
            self.assertGreater(probes.own_pss(child.pid), 32 << 20)
            self.assertGreater(probes.rollup(child.pid, "Rss"), 32 << 20)
            self.assertEqual(probes.own_pss(child.pid, {program}), 0)

    def test_a_process_that_is_gone_has_nothing(self):
        with python(TOUCH) as child:
            pass
        self.assertEqual(probes.rollup(child.pid, "Pss"), 0)
        self.assertEqual(probes.cpu_seconds(child.pid), 0)


class Sockets(unittest.TestCase):
    def test_a_port_listens_and_accepts_until_it_is_closed(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
            self.assertIn(port, probes.listening_ports())
            self.assertTrue(probes.accepts(port))
        self.assertNotIn(port, probes.listening_ports())
        self.assertFalse(probes.accepts(port))


class Crowds(unittest.TestCase):
    def serve(self, answer):
        """@return its port, the sources that came"""
        listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.addCleanup(listener.close)
        sources, held = [], []

        def accept():
            with contextlib.suppress(OSError):
                while True:
                    connection, source = listener.accept()
                    held.append(connection)
                    sources.append(source[0])  # first: whoever has the answer may look
                    connection.sendall(answer)

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()

        def end():
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            thread.join()
            for connection in held:
                connection.close()

        self.addCleanup(end)
        return listener.getsockname()[1], sources

    def test_a_crowd_grows_to_its_size_and_all_of_it_is_served(self):
        port, sources = self.serve(b"o")
        with Crowd(port, first_byte=True) as crowd:
            crowd.grow(40)
            crowd.grow(100)
            self.assertEqual(len(crowd.sockets), 100)
            self.assertEqual(len(set(sources)), 100)

    def test_a_server_that_does_something_else_is_unusable(self):
        port, _ = self.serve(b"?")
        with Crowd(port, first_byte=True) as crowd, self.assertRaises(Unusable):
            crowd.grow(1)


if __name__ == "__main__":
    unittest.main()
