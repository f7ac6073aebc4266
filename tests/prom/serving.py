#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What the exporter answers: the pages, and the form that a client likes best."""
import gzip
import os
import signal
import socket
import subprocess

from prom import EXPORTER, UNDER, Exporter, Place, done, ok, refused


def check_pages(exporter):
    status, headers, body = exporter.get()
    ok(status == 200 and headers["Content-Type"].startswith("text/plain; version=0.0.4"), "/metrics")
    ok(b"auraio_read_ops_total{" in body, "has the engine")
    status, headers, packed = exporter.get(Accept_Encoding="gzip")
    ok(headers["Content-Encoding"] == "gzip" and b"auraio_" in gzip.decompress(packed), "gzip")
    ok(exporter.get("/")[0] == 200 and b"/metrics" in exporter.get("/")[2], "a landing page")
    ok(exporter.get("/-/healthy")[0] == 200, "/-/healthy")
    ok(exporter.get("/other")[0] == 404, "404 for anything else")
    status, headers, _ = exporter.get(method="DELETE")
    ok(status == 405 and headers["Allow"] == "GET, HEAD", "405 for another method")
    status, headers, body = exporter.get(method="HEAD")
    ok(status == 200 and int(headers["Content-Length"]) > 0 and not body, "HEAD")


OPEN = "application/openmetrics-text"
# What clients send, and which they are to get. The first two are of Prometheus 2 and 3.
ACCEPTED = [
    (OPEN, OPEN + ";version=1.0.0,%s;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
     % OPEN),
    (OPEN, "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;"
     "encoding=delimited;q=0.6,%s;version=1.0.0;escaping=allow-utf-8;q=0.5,%s;version=0.0.1;q=0.4,"
     "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1"
     % (OPEN, OPEN)),
    (OPEN, OPEN), (OPEN, OPEN + ", */*"), (OPEN, OPEN + "; charset=utf-8; version=\"1.0.0\""),
    (OPEN, "text/plain;q=0.5, " + OPEN.upper() + " ; Q=0.51"),
    (OPEN, OPEN + ",text/plain"), (OPEN, "x/y;a=\",%s;q=0\", %s" % (OPEN, OPEN)),
    ("text/plain", ""), ("text/plain", "*/*"), ("text/plain", "text/plain," + OPEN),
    ("text/plain", OPEN + ";q=0"), ("text/plain", OPEN + ";q=0.000"),
    ("text/plain", OPEN + ";version=1.0.0;q=0.5,text/plain;version=0.0.4"),
    ("text/plain", OPEN + ";q=0.3,text/*;q=0.4"), ("text/plain", OPEN + ";version=0.0.1"),
    ("text/plain", OPEN + ";q=0.2,*/*;q=0.3"), ("text/plain", OPEN + "2"),
    ("text/plain", ",;=\"" + OPEN)]
ENCODED = [("gzip", "gzip"), ("gzip", "deflate, gzip;q=0.5"), ("gzip", "*"), ("gzip", "br,GZIP"),
           (None, "gzip;q=0"), (None, "gzip;q=0, *"), (None, "identity, gzip;q=0.5"),
           (None, "*;q=0"), (None, "gzipped"), (None, "")]


def check_accept(exporter):
    for wanted, accept in ACCEPTED:
        got = exporter.get(Accept=accept)[1]["Content-Type"]
        version = "1.0.0" if wanted == OPEN else "0.0.4"
        ok(got == "%s; version=%s; charset=utf-8" % (wanted, version), "Accept: " + accept, got)
    for wanted, accept in ENCODED:
        headers = exporter.get(Accept_Encoding=accept)[1]
        ok(headers["Content-Encoding"] == wanted, "Accept-Encoding: " + accept)
    with socket.create_connection(("127.0.0.1", exporter.port)) as s:
        s.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\nAccept: text/plain;q=0.5\r\n"
                  b"Accept: %s\r\n\r\n" % OPEN.encode())
        ok(OPEN.encode() in s.recv(2000), "a header that comes twice is one list")


def refused_flags(place):
    ok(refused(place, "--what"), "an unknown flag is refused")
    ok(refused(place, "--web.max-requests=x"), "a number that is none")
    for path in ("metrics", "/", "/-/healthy", "/a?b", "/a b", "/<", "/%41", "/\u00e4", "/" * 257):
        ok(refused(place, "--web.telemetry-path=" + path), "the path " + path[:20])


def check_output(place):
    for flag in "--help", "--version", "--once":
        with open("/dev/full", "w") as full:
            ran = subprocess.run([*UNDER, EXPORTER, flag], stdout=full, stderr=subprocess.PIPE, text=True,
                                 env=place.env, check=False)
        ok(ran.returncode == 1 and "No space left" in ran.stderr, flag + " without room")


with Place() as here:
    os.chmod(here.path, 0o700)
    here.published("http", 10)
    running = Exporter(here)
    check_pages(running)
    check_accept(running)
    running.process.send_signal(signal.SIGHUP)
    ok(running.get()[0] == 200, "SIGHUP changes nothing without a configuration")
    ok(running.stop() == 0, "SIGTERM ends it")
    refused_flags(here)
    check_output(here)
done()
