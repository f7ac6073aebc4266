#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A scrape that takes the exporter longer than a client may take is answered, and so is who is
connected meanwhile: strace holds up the thread that gathers it at the first file."""
import socket
import subprocess
import threading

from prom import PATIENCE_S, Exporter, Place, done, ok, skip_all
from web import need_tools

HELD_UP_S = 7 # a client has 5
BEGUN_S = 1   # after which the scrape has begun; where it has not, less is tried

need_tools("strace")
if subprocess.run(["strace", "-qq", "-o", "/dev/null", "true"], check=False,
                  stderr=subprocess.DEVNULL).returncode:
    skip_all("strace cannot trace here")


def hold_up(process):
    """strace, once it has the process; or it may not"""
    strace = subprocess.Popen(["strace", "-f", "-p", str(process.pid), "-e", "trace=openat",
                               "-e", "inject=openat:delay_enter=%ds:when=1" % HELD_UP_S],
                              stderr=subprocess.PIPE, text=True)
    for line in strace.stderr:
        if "not permitted" in line:
            skip_all("strace may not trace what runs")
        if "attached" in line:
            break
    return strace


class Waiting:
    """A connection that was accepted before the scrape, and whose request is complete during it."""

    def __init__(self, port):
        self.s = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
        self.s.sendall(b"GET /-/healthy HTTP/1.1\r\nHost: x\r\n")
        threading.Timer(BEGUN_S, self.s.sendall, [b"\r\n"]).start()

    def answer(self):
        text = b""
        while True:
            part = self.s.recv(1 << 16)
            if not part:
                return text
            text += part


with Place() as here:
    here.published("engine", 3)
    exporter = Exporter(here)
    tracer = hold_up(exporter.process)
    waiting = Waiting(exporter.port)
    status, _, text = exporter.get()
    waited = waiting.answer()
    tracer.terminate()
    told = tracer.communicate()[1]
    ok("DELAYED" in told, "the scrape is held up", told)
    ok(status == 200 and b"auraio_read_ops_total{" in text, "and answered", status)
    ok(waited.startswith(b"HTTP/1.1 200 "), "and so is who waited for its end", waited)
    ok(exporter.stop() == 0, "SIGTERM ends it")
done()
