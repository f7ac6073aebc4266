#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A scrape that takes the exporter longer than a client may take is answered: strace holds up the
thread that gathers it at the first file."""
import subprocess

from prom import Exporter, Place, done, ok, skip_all
from web import need_tools

HELD_UP_S = 7 # a client has 5

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


with Place() as here:
    here.published("engine", 3)
    exporter = Exporter(here)
    tracer = hold_up(exporter.process)
    status, _, text = exporter.get()
    tracer.terminate()
    told = tracer.communicate()[1]
    ok("DELAYED" in told, "the scrape is held up", told)
    ok(status == 200 and b"auraio_read_ops_total{" in text, "and answered", status)
    ok(exporter.stop() == 0, "SIGTERM ends it")
done()
