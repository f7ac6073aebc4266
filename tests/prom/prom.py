# SPDX-License-Identifier: Apache-2.0
"""What the tests of auraio-prom share: TAP, processes that publish, an exporter, its answers."""
import fcntl
import os
import random
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

BUILD = os.getcwd()
TOP = os.environ.get("top_srcdir", ".")
EXPORTER = os.path.join(BUILD, "exporters/prom/auraio-prom")
PUBLISHER = os.path.join(BUILD, "tests/prom/publisher")
UNDER = os.environ.get("AURAIO_PROM_UNDER", "").split() # a command that runs the exporter
PATIENCE_S = 200
# What memory may grow by; what sanitizers note of it grows as well.
ROOM_KIB = 32768 if os.environ.get("AURAIO_TEST_UNDER") == "sanitizer" else 4096

count = 0
failed = 0
ended = [] # statuses of exporters


def ok(good, what, details=""):
    global count, failed
    count += 1
    print("%sok %d - %s" % ("" if good else "not ", count, what), flush=True)
    if not good:
        failed += 1
        for line in str(details).splitlines()[:20]:
            print("#", line)
    return good


def skip(what, why):
    global count
    count += 1
    print("ok %d - %s # SKIP %s" % (count, what, why), flush=True)


def skip_all(why):
    print("1..0 # SKIP " + why)
    sys.exit(0)


def done():
    if ended:
        ok(not any(ended), "each exporter has ended well", ended)
    print("1..%d" % count)
    sys.exit(1 if failed else 0)


def until(condition):
    """Waits for something that must become true; its value, or None."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.05)
    return None


class Place:
    """A directory on tmpfs for segments, with whoever publishes there."""

    def __init__(self):
        self.path = tempfile.mkdtemp(prefix="auraio-prom-", dir="/dev/shm")
        self.env = dict(os.environ, AURAIO_STATS_DIR=self.path)
        self.processes = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.wait()
        shutil.rmtree(self.path, ignore_errors=True)

    def publish(self, *arguments):
        process = subprocess.Popen([PUBLISHER, *map(str, arguments)], env=self.env,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.processes.append(process)
        return process

    def published(self, *arguments):
        process = self.publish(*arguments)
        process.stdout.readline()
        return process

    def pattern(self):
        """What an engine publishes that is there no more."""
        process = self.published("pattern", 100)
        with open(os.path.join(self.path, self.files()[0]), "rb") as f:
            pattern = bytearray(f.read())
        process.kill()
        process.wait()
        self.once()
        return pattern

    def pretend(self, directory, pattern, number, uid=-1):
        """A segment of process NUMBER that lives while the file returned is open."""
        struct.pack_into("=Q", pattern, 48, number)
        path = os.path.join(directory, "v1.%d.%016x.stats" % (number, number))
        f = open(path, "wb")
        f.write(pattern)
        f.flush()
        os.chown(path, uid, -1)
        fcntl.flock(f, fcntl.LOCK_EX)
        return f

    def files(self):
        return sorted(os.listdir(self.path))

    def once(self, *flags):
        return subprocess.run([EXPORTER, "--once", *flags], env=self.env, check=True,
                              stdout=subprocess.PIPE).stdout.decode()


def refused(place, *flags):
    """The one line that it says when it ends without serving, or nothing."""
    result = subprocess.run([*UNDER, EXPORTER, *flags], env=place.env, check=False, text=True,
                            timeout=PATIENCE_S, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
    return result.stderr if result.returncode > 0 and result.stderr.count("\n") == 1 else ""


def free_port():
    """One that no connection is given by chance, which would keep a server from it."""
    with open("/proc/sys/net/ipv4/ip_local_port_range") as ports:
        given_from = int(ports.read().split()[0])
    while True:
        port = random.randrange(1024, max(given_from, 2048))
        with socket.socket() as s:
            try:
                s.bind(("0.0.0.0", port))
                return port
            except OSError:
                pass


class Exporter:
    @staticmethod
    def asan_options(env):
        """With little freed memory kept back, which would look like growth."""
        return env.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=8"

    def __init__(self, place, *flags, scheme="http", log=None):
        self.port = free_port()
        self.url = "%s://127.0.0.1:%d" % (scheme, self.port)
        self.process = subprocess.Popen(
            [*UNDER, EXPORTER, "--web.listen-address=127.0.0.1:%d" % self.port, "--log.level=error",
             *flags],
            env={**place.env, "ASAN_OPTIONS": self.asan_options(place.env)}, stderr=log)
        place.processes.append(self.process)
        until(self.listens)

    def listens(self):
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", self.port)) == 0

    def get(self, path="/metrics", method="GET", context=None, **headers):
        """(status, headers, body)"""
        request = urllib.request.Request(self.url + path, method=method,
                                         headers={k.replace("_", "-"): v
                                                  for k, v in headers.items()})
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S, context=context) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        ended.append(self.process.wait(timeout=PATIENCE_S))
        return ended[-1]

    def resident_kib(self):
        """Of itself: 0 where something else runs it, whose memory that would be."""
        if UNDER:
            return 0
        with open("/proc/%d/status" % self.process.pid) as status:
            for line in status:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1])
        return 0
