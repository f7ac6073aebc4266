# SPDX-License-Identifier: Apache-2.0
"""Programs in which an allocation fails: the Nth, once and with all after it.

preload.c counts them, from the beginning of main; its orders stand in a page that is shared. A
program says in one line that there is no memory, or no thread, which needs some, and fails; or it
does all that it does otherwise.
"""
import mmap
import os
import random
import re
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../prom"))
from prom import ok, skip_all # noqa: E402 pylint: disable=wrong-import-position

BUILD = os.getcwd()
PRELOAD = os.path.join(BUILD, "tests/memory/.libs/preload.so")
LIMIT_S = 60
MOST = 5000 # a program that allocates more is counted as endless
STEP = int(os.environ.get("AURAIO_MEMORY_STEP", "3")) # which of them fail: each third, or all


def need_preload():
    """The allocator of another C library has other names; without shared libraries there is none."""
    try:
        with open(PRELOAD, "rb") as f:
            here = b"\0libc.so.6\0" in f.read()
    except FileNotFoundError:
        here = False
    if not here:
        skip_all("nothing to preload: no glibc, or no shared libraries")


class Orders:
    NUMBERS = struct.Struct("=5q") # nth, ever_after, calls, failures, live

    def __init__(self):
        self.file = tempfile.NamedTemporaryFile(prefix="auraio-memory-", dir="/dev/shm")
        self.file.truncate(mmap.PAGESIZE)
        self.page = mmap.mmap(self.file.fileno(), mmap.PAGESIZE)

    def give(self, nth, ever_after=False):
        live = self.read()[4]
        self.NUMBERS.pack_into(self.page, 0, 0, 0, 0, 0, live)
        struct.pack_into("=q", self.page, 8, ever_after)
        struct.pack_into("=q", self.page, 0, nth)

    def read(self):
        return self.NUMBERS.unpack_from(self.page)

    def were_met(self):
        return self.read()[3] > 0

    def calls(self):
        return self.read()[2]

    def live(self):
        return self.read()[4]

    def environment(self, env=None):
        env = dict(env or os.environ)
        libraries = [os.path.join(BUILD, d) for d in ("lib/.libs", "exporters/.libs")]
        env["LD_LIBRARY_PATH"] = ":".join(libraries + [env.get("LD_LIBRARY_PATH", "")]).rstrip(":")
        env["LD_PRELOAD"] = PRELOAD
        env["AURAIO_WITHOUT_MEMORY"] = self.file.name
        return env


def program(path):
    """Itself, not the script with which libtool starts it."""
    directory, name = os.path.split(os.path.join(BUILD, path))
    real = os.path.join(directory, ".libs", name)
    return real if os.path.exists(real) else os.path.join(directory, name)


class Sweep:
    """Of one command; text makes of what it writes that which may not change."""

    def __init__(self, command, text=lambda out: out, failing=1, lines=1, env=None, cwd=None):
        self.orders, self.command, self.text, self.failing = Orders(), command, text, failing
        self.lines, self.env, self.cwd = lines, self.orders.environment(env), cwd
        self.run(0) # it may say more the first time
        self.wanted = self.run(0)

    def run(self, nth, ever_after=False):
        """(status, what it writes, what it complains of)"""
        self.orders.give(nth, ever_after)
        result = subprocess.run(self.command, env=self.env, cwd=self.cwd, check=False, text=True,
                                timeout=LIMIT_S, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE)
        told = "" if result.returncode == self.failing else result.stdout
        try:
            told = self.text(told)
        except (KeyError, ValueError):
            pass # not what it writes when all is well
        return result.returncode, told, re.sub(r"^time=\S+ ", "", result.stderr)

    def is_told(self, status, told):
        line = re.compile(r"(%s: |level=error msg=).*(memory|unavailable).*" %
                          os.path.basename(self.command[0]))
        lines = told.split("\n")
        return (status == self.failing and 2 <= len(lines) <= self.lines + 1 and
                all(line.fullmatch(each) for each in lines[:-1]))

    def judge(self, nth, ever_after):
        """What is wrong, or nothing."""
        try:
            status, out, told = self.run(nth, ever_after)
        except subprocess.TimeoutExpired:
            return "it hangs"
        if self.is_told(status, told) or (status, out, told) == self.wanted:
            return ""
        return "status %d, says %r%s" % (status, told[:300], "" if out == self.wanted[1] else
                                         ", writes %r" % out[-300:])

    def all(self, what):
        ok("memory" not in self.wanted[2], what + " with all memory", self.wanted)
        for ever_after in False, True:
            wrong, tried = [], 0
            for nth in range(random.randrange(1, STEP + 1), MOST, STEP):
                problem = self.judge(nth, ever_after)
                if problem:
                    wrong.append("allocation %d: %s" % (nth, problem))
                if not self.orders.were_met():
                    break
                tried += 1
            ok(0 < self.orders.calls() < MOST and not wrong, "%s: %d of %d allocations fail%s" %
               (what, tried, self.orders.calls(), " with all after them" if ever_after else ""),
               "\n".join(wrong))
