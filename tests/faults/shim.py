# SPDX-License-Identifier: BSD-2-Clause
#
# The test's side of shim.cc: which call fails how, and how often each was made.

import ctypes
import errno
import mmap
import os
import pathlib
import re
import subprocess
import unittest

from harness import sandbox

SLOT = 64
ALWAYS = 0xffffffff


class Slot(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char * 24), ("error", ctypes.c_int32), ("skip", ctypes.c_uint32),
                ("times", ctypes.c_uint32), ("per_million", ctypes.c_uint32),
                ("seen", ctypes.c_uint32), ("failed", ctypes.c_uint32),
                ("microseconds", ctypes.c_uint32), ("errors", ctypes.c_uint8 * 12)]


def runtimes(program):
    """Those of the sanitizers, which want to be first: they replace some of the same calls, and
    make them through whoever is next."""
    linked = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    return re.findall(r"=> (\S*/lib[a-z]*asan\.so\S*)", linked)


class Faults:
    """@param path a file for the slots, fresh for each daemon."""

    def __init__(self, path):
        if "thread" in os.environ.get("USHERD_SANITIZE", ""):
            raise unittest.SkipTest("the thread sanitizer's runtime has to know of each call")
        self.path = pathlib.Path(path)
        self.path.write_bytes(bytes(SLOT * 128))
        with open(self.path, "r+b") as file:
            self.memory = mmap.mmap(file.fileno(), 0)
        self.slots = (Slot * 128).from_buffer(self.memory)

    def environment(self):
        """For the daemon."""
        libraries = [*runtimes(sandbox.BINARIES / "usherd"), sandbox.BINARIES / "libusherd-faults.so"]
        return {"LD_PRELOAD": ":".join(map(str, libraries)), "USHERD_FAULTS": str(self.path)}

    def slot(self, name):
        for slot in self.slots:
            if slot.name == name.encode():
                return slot
        raise KeyError(f"shim.cc has no {name}")

    def arm(self, name, error, times=1, skip=0):
        slot = self.slot(name)
        slot.failed = 0
        slot.skip, slot.per_million = skip, 0
        slot.times = times
        slot.error = getattr(errno, error)

    def arm_at_random(self, name, errors, per_million):
        """Of a million calls so many fail, with one of the errors each. @see seed()"""
        slot = self.slot(name)
        numbers = [getattr(errno, error) for error in errors]
        slot.failed, slot.skip = 0, 0
        slot.errors[:] = numbers + [0] * (len(slot.errors) - len(numbers))
        slot.per_million = per_million
        slot.times = ALWAYS
        slot.error = numbers[0]

    def seed(self, number):
        self.slot("seed").error = number

    def delay(self, name, microseconds):
        self.slot(name).microseconds = microseconds

    def move_clock(self, seconds):
        self.slot("clock").error = seconds

    def disarm(self, name):
        """@return how many calls have failed"""
        slot = self.slot(name)
        slot.error = 0
        slot.times = slot.skip = slot.per_million = slot.microseconds = 0
        slot.errors[:] = [0] * len(slot.errors)
        return slot.failed

    def seen(self):
        return {slot.name.decode(): slot.seen for slot in self.slots if slot.name}
