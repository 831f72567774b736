# SPDX-License-Identifier: BSD-2-Clause
#
# Where the programs under test and the oracle are. Runs before the sandbox is entered, because
# unpacking xinetd may need the network; what is found travels to the inside in the environment.

import fcntl
import os
import pathlib
import shutil
import subprocess

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
ORACLE_BINARY = "usr/sbin/xinetd"


class Missing(Exception):
    """Something the tests need is not on this machine; the text says what and how to get it."""


def in_ci():
    return os.environ.get("CI", "").lower() in ("1", "true", "yes")


def build_directory():
    """Directory of USHERD_BIN_DIR's build, for unpacked files; a temporary one without it."""
    binaries = os.environ.get("USHERD_BIN_DIR")
    if binaries:
        return pathlib.Path(binaries).resolve().parent
    return REPOSITORY / "build" / "integration"


def usherd_directory():
    """Directory that holds usherd, or None while it is not built."""
    given = os.environ.get("USHERD_ITEST_WRAPPED") or os.environ.get("USHERD_BIN_DIR")
    candidates = [pathlib.Path(given)] if given else [
        REPOSITORY / "build" / preset / "bin" for preset in ("release", "dev", "asan")]
    for directory in candidates:
        if (directory / "usherd").is_file():
            return directory.resolve()
    if given:
        # The helper programs may be there before the daemon is.
        return candidates[0].resolve() if candidates[0].is_dir() else None
    return None


def oracle_directory():
    """Root of an unpacked (never installed) Debian xinetd package."""
    unpacked = build_directory() / "xinetd-oracle"
    given = os.environ.get("USHERD_XINETD_ROOT")
    for root in [pathlib.Path(given)] if given else [unpacked, pathlib.Path("/opt/xinetd")]:
        if (root / ORACLE_BINARY).is_file():
            return root.resolve()
    return unpacked_package("xinetd", unpacked)


def unpacked_package(name, target=None):
    """Root of a Debian package that is unpacked beside the build and never installed."""
    target = target or build_directory() / "packages" / name
    target.parent.mkdir(parents=True, exist_ok=True)
    with open(target.with_name(f"{target.name}.lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.is_dir():
            unpack(name, target)
    return target.resolve()


def unpack(name, target):
    if not shutil.which("apt-get"):
        raise Missing(f"{name} cannot be unpacked: no apt-get")
    staging = target.with_name(f"{target.name}.new")
    shutil.rmtree(staging, ignore_errors=True)
    (staging / "deb").mkdir(parents=True)
    (staging / "deb").chmod(0o777)
    fetched = subprocess.run(["apt-get", "-q", "download", name], cwd=staging / "deb",
                             capture_output=True, text=True, timeout=300)
    packages = list((staging / "deb").glob(f"{name}_*.deb"))
    if fetched.returncode or not packages:
        raise Missing(f"apt-get download {name}: {fetched.stderr.strip()}")
    subprocess.run(["dpkg-deb", "-x", packages[0], staging / "root"], check=True)
    (staging / "root").rename(target)
    shutil.rmtree(staging, ignore_errors=True)


def corpus_directory():
    """Service files found in the wild, or None: they are not part of the project."""
    given = os.environ.get("USHERD_CORPUS")
    directory = pathlib.Path(given) if given else REPOSITORY.parent / "shared" / "corpus"
    return directory.resolve() if directory.is_dir() else None
