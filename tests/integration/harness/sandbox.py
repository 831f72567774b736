# SPDX-License-Identifier: BSD-2-Clause
#
# Moves the test process into private network, mount and pid namespaces: well-known ports are
# free, /etc, /tmp, /run, /var/log and /dev are its own, and every process that it sees is one
# that a test started. Nothing is written to the machine.

import ctypes
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import sys

from . import programs

INSIDE = "USHERD_ITEST_INSIDE"
OPEN_FILES = "USHERD_ITEST_OPEN_FILES"  # set before the import: a limit that can only be lowered
WORK = pathlib.Path("/tmp/work")        # files of the test that runs; emptied before each
BINARIES = pathlib.Path("/tmp/bin")     # usherd and the helper programs
WRAPPED = bool(os.environ.get("USHERD_ITEST_WRAPPED"))
# Everything takes longer then, most of all the end.
SANITIZED = bool(os.environ.get("USHERD_SANITIZE")) or WRAPPED
ORACLE = pathlib.Path("/tmp/oracle")    # the unpacked xinetd package
CORPUS = pathlib.Path("/tmp/corpus")
PACKAGES = pathlib.Path("/tmp/packages")  # those of USHERD_ITEST_PACKAGES, unpacked
HIDDEN = ("/tmp", "/run", "/var/log", "/dev")

LIBC = ctypes.CDLL(None, use_errno=True)
MS_BIND = 4096

# Why the tests cannot run here; None inside the sandbox.
unavailable = None

USERS = "alice:x:4001:4001:Alice:/tmp/home:/bin/sh\nbob:x:4005:4005:Bob:/tmp/home:/bin/sh\n"
GROUPS = "alice:x:4001:\nwheelers:x:4002:alice\nreaders:x:4003:alice,bob\nbob:x:4005:\n"
HOSTS = """127.0.0.1 localhost
::1 localhost ip6-localhost
127.0.0.5 five.example.test five
127.0.0.6 six.example.test
127.0.0.7 notexample.test
127.0.0.8 eight.sub.example.test
"""


def enter():
    """Re-executes this process inside the sandbox, once; remembers the reason if it cannot."""
    global unavailable
    if os.environ.get(INSIDE):
        prepare()
        return
    try:
        environment = outside()
    except programs.Missing as missing:
        unavailable = str(missing)
        if programs.in_ci():
            sys.exit(f"integration tests cannot be left out in CI: {unavailable}")
        return
    command = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc",
               "--", sys.executable, *sys.orig_argv[1:]]
    sys.stdout.flush()
    sys.stderr.flush()
    os.execvpe(command[0], command, environment)


def outside():
    """What the inside must know, as environment."""
    if os.geteuid() != 0:
        raise programs.Missing("root is needed for private namespaces")
    for tool in ("unshare", "ip", "mount"):
        if not shutil.which(tool):
            raise programs.Missing(f"{tool} is needed; see tests/integration/packages.txt")
    refused = subprocess.run(["unshare", "--net", "--mount", "--pid", "--fork", "--mount-proc",
                              "true"], capture_output=True, text=True)
    if refused.returncode:
        raise programs.Missing(f"no private namespaces here: {refused.stderr.strip()}")
    environment = dict(os.environ)
    environment[INSIDE] = "1"
    environment["USHERD_ITEST_ORACLE"] = str(programs.oracle_directory())
    environment["USHERD_ITEST_BINARIES"] = str(programs.usherd_directory() or "")
    # A module names the packages that it reads from before it imports the harness.
    for name in environment.get("USHERD_ITEST_PACKAGES", "").split():
        environment[f"USHERD_ITEST_PACKAGE_{name}"] = str(programs.unpacked_package(name))
    environment["USHERD_ITEST_CORPUS"] = str(programs.corpus_directory() or "")
    return environment


def prepare():
    """Builds the private world. Runs as pid 1 of it."""
    here = os.getcwd()
    kept = {str(programs.REPOSITORY): open_path(programs.REPOSITORY)}
    binds = {}
    for target, variable in ((BINARIES, "USHERD_ITEST_BINARIES"), (ORACLE, "USHERD_ITEST_ORACLE"),
                             (CORPUS, "USHERD_ITEST_CORPUS")):
        if os.environ.get(variable):
            binds[target] = open_path(os.environ[variable])
    for name in os.environ.get("USHERD_ITEST_PACKAGES", "").split():
        binds[PACKAGES / name] = open_path(os.environ[f"USHERD_ITEST_PACKAGE_{name}"])
    devices = {name: open_path(f"/dev/{name}")
               for name in ("null", "zero", "full", "random", "urandom", "tty")}
    for directory, mode in zip(HIDDEN, ("1777", "755", "755", "755")):
        mount("-t", "tmpfs", "-o", f"mode={mode}", "tmpfs", directory)
    private_devices(devices)
    for path, handle in kept.items():
        if path.startswith(tuple(f"{hidden}/" for hidden in HIDDEN)):
            bind_directory(handle, path)
    for path, handle in binds.items():
        bind_directory(handle, path)
    private_etc()
    private_network()
    os.chdir(here)
    # xinetd closes every possible descriptor at start; a container's limit of 10^9 takes minutes.
    enough = int(os.environ.get(OPEN_FILES, "4096"))
    resource.setrlimit(resource.RLIMIT_NOFILE, (enough, enough))
    os.umask(0o022)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))


def open_path(path):
    return os.open(path, os.O_PATH)


def mount(*arguments):
    subprocess.run(["mount", *arguments], check=True)


def bind(handle, path):
    """Shows what `handle` is open on at `path`. Not with mount(8): it resolves the source's name,
    which means something else once /tmp is covered."""
    source = f"/proc/self/fd/{handle}".encode()
    if LIBC.mount(source, os.fsencode(path), None, MS_BIND, None) != 0:
        raise OSError(ctypes.get_errno(), f"bind mount on {path}")
    os.close(handle)


def bind_directory(handle, path):
    pathlib.Path(path).mkdir(parents=True, exist_ok=True)
    bind(handle, path)


def private_devices(devices):
    for name, handle in devices.items():
        pathlib.Path("/dev", name).touch()
        bind(handle, f"/dev/{name}")
    os.mkdir("/dev/pts")
    os.mkdir("/dev/shm")
    os.chmod("/dev/shm", 0o1777)
    mount("-t", "devpts", "-o", "newinstance,ptmxmode=0666,mode=620,gid=5", "devpts", "/dev/pts")
    os.symlink("pts/ptmx", "/dev/ptmx")
    for link, target in (("fd", "self/fd"), ("stdin", "self/fd/0"), ("stdout", "self/fd/1"),
                         ("stderr", "self/fd/2")):
        os.symlink(f"/proc/{target}", f"/dev/{link}")


def private_etc():
    subprocess.run(["cp", "-a", "/etc", "/tmp/.etc"], check=True)
    mount("--bind", "/tmp/.etc", "/etc")
    etc = pathlib.Path("/etc")
    shutil.rmtree(etc / "xinetd.d", ignore_errors=True)
    for name in ("xinetd.conf", "inetd.conf", "hosts.allow", "hosts.deny", "resolv.conf"):
        (etc / name).unlink(missing_ok=True)
    (etc / "hosts").write_text(HOSTS)
    (etc / "hosts").chmod(0o644)
    (etc / "resolv.conf").write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
    names = "passwd: files\ngroup: files\nshadow: files\nhosts: files\n"
    names += "services: files\nprotocols: files\nrpc: files\nnetworks: files\n"
    (etc / "nsswitch.conf").write_text(names)
    with open(etc / "passwd", "a") as passwd:
        passwd.write(USERS)
    with open(etc / "group", "a") as group:
        group.write(GROUPS)
    pathlib.Path("/tmp/home").mkdir(exist_ok=True)


def private_network():
    for command in ("link set lo up", "addr add 192.0.2.1/24 dev lo",
                    "-6 addr add 2001:db8::1/64 dev lo nodad"):
        subprocess.run(["ip", *command.split()], check=True)
