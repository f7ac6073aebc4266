#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Files and connections that mean no good: counted, cut off, and nothing else happens.
AURAIO_GARBAGE is the number of connections."""
import os
import random
import resource
import socket
import struct

from prom import ROOM_KIB, UNDER, Exporter, Place, done, free_port, ok, until

GARBAGE = int(os.environ.get("AURAIO_GARBAGE", "1000"))


def errors(exporter):
    result = {}
    for line in exporter.get()[2].decode().splitlines():
        if line.startswith("auraio_exporter_segment_errors_total{"):
            result[line.split('"')[1]] = int(line.rsplit(" ", 1)[1])
    return result


def put(place, name, data):
    with open(os.path.join(place.path, "v1.1.%s.stats" % name), "wb") as f:
        f.write(data)


def check_files(place):
    place.published("good", 5)
    with open(os.path.join(place.path, place.files()[0]), "rb") as f:
        good = f.read()

    def changed(offset, value):
        data = bytearray(good)
        struct.pack_into("=Q", data, offset, value)
        return bytes(data)

    exporter = Exporter(place)
    cases = [("empty", "size", b""), ("short", "size", good[:100]), ("cut", "size", good[:-8]),
             ("huge", "size", good + bytes(300 * 1024)), ("magic", "magic", changed(0, 7)),
             ("version", "version", changed(8, 2 << 32)),
             ("header", "layout", changed(24, 1 << 63)), ("many", "layout", changed(32, 1 << 40)),
             ("stride", "layout", changed(40, 3)), ("offset", "layout", changed(264, 1 << 62)),
             ("count", "layout", changed(272, 1 << 61)), ("blocks", "layout", changed(280, 0))]
    for name, reason, data in cases:
        before = errors(exporter)
        put(place, name, data)
        after = errors(exporter)
        moved = [r for r in after if after[r] != before[r]]
        ok(moved == [reason], "%s: %s" % (name, reason), moved)
    os.mkfifo(os.path.join(place.path, "v1.1.fifo.stats"))
    os.symlink("/etc/passwd", os.path.join(place.path, "v1.1.link.stats"))
    before = errors(exporter)
    ok(before["file"] == 1 and before["open"] == 1, "a pipe and a link", before)
    put(place, "text", changed(120, struct.unpack("=Q", b'\n"\\\xff\x80\x01}{')[0]))
    body = exporter.get()[2]
    ok(b'\\"\\\\' in body and body.decode("utf-8"), "a name of no good bytes is cleaned")
    for i in range(100):
        put(place, "n%d" % i, changed(48, 10000 + i))
    ok(errors(exporter)["limit"] > 0, "no more than 64 of a user")
    generator = random.Random(1)
    for i in range(50):
        data = bytearray(good)
        for _ in range(generator.randrange(1, 60)):
            data[generator.randrange(len(data))] = generator.randrange(256)
        put(place, "r%d" % i, data)
    ok(exporter.get()[0] == 200, "random changes")
    exporter.stop()


def garbage(exporter, n):
    """Some say nothing, some nonsense, some half of something, some go at once."""
    generator = random.Random(2)
    held = []
    for i in range(n):
        s = socket.create_connection(("127.0.0.1", exporter.port))
        try:
            s.sendall([b"", generator.randbytes(200), b"GET /metrics HTTP/1.1\r\nHost",
                       b"\x16\x03\x01\x02\x00\x01", b"GET / HTTP/1.1\r\n\r\n"][i % 5])
        except OSError:
            pass
        held.append(s)
        if len(held) > 100:
            held.pop(0).close()
    for s in held:
        s.close()


def check_connections(place):
    exporter = Exporter(place)
    garbage(exporter, 500)
    exporter.get()
    before = exporter.resident_kib()
    garbage(exporter, GARBAGE)
    ok(exporter.get()[0] == 200, "%d connections of garbage leave it serving" % GARBAGE)
    after = exporter.resident_kib()
    ok(after < before + ROOM_KIB, "and memory as it was: %d KiB, %d KiB" % (before, after))
    exporter.stop()


def descriptors(exporter):
    return set(map(int, os.listdir("/proc/%d/fd" % exporter.process.pid)))


def accepted(exporter, s):
    """Whether the exporter's end of S has a descriptor."""
    ends = ["0100007F:%04X" % port for port in (exporter.port, s.getsockname()[1])]
    with open("/proc/net/tcp", encoding="ascii") as table:
        rows = [line.split() for line in table]
    return any(row[1:3] == ends and row[9] != "0" for row in rows)


def with_engine(answer):
    return answer[0] == 200 and b"auraio_process_info{" in answer[2]


def check_few_descriptors(place):
    """An engine that cannot be seen is not one that has ended."""
    place.published("seen", 5)
    exporter = Exporter(place)
    ok(with_engine(exporter.get()), "an engine")
    with socket.create_connection(("127.0.0.1", exporter.port)) as s:
        ok(until(lambda: accepted(exporter, s)), "a connection that has its descriptor")
        limit = resource.prlimit(exporter.process.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(exporter.process.pid, resource.RLIMIT_NOFILE, (3, limit[1]))
        s.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        ok(b" 500 " in s.recv(100), "no descriptor left: an error, not fewer engines")
    resource.prlimit(exporter.process.pid, resource.RLIMIT_NOFILE, limit)
    ok(with_engine(exporter.get()), "and the engine is there again")
    exporter.stop()


def check_many_sockets(place):
    most, hosts = 128, ["127.0.0.%d" % i for i in range(2, 9)]
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, limit[1]))
    port = free_port()
    exporter = Exporter(place, *["--web.listen-address=%s:%d" % (host, port) for host in hosts])
    resource.setrlimit(resource.RLIMIT_NOFILE, limit)
    before = descriptors(exporter)
    held = [socket.create_connection((host, port)) for host in hosts for _ in range(40)]
    until(lambda: len(descriptors(exporter) - before) >= len(hosts))
    ok(with_engine(exporter.get()), "connections to all other addresses leave it serving")
    used = len(descriptors(exporter))
    ok(used < most * 3 / 4, "and descriptors for files: %d of %d used" % (used, most))
    for s in held:
        s.close()
    exporter.stop()


with Place() as here:
    check_files(here)
if not UNDER:
    with Place() as here:
        check_few_descriptors(here)
        check_many_sockets(here)
with Place() as here:
    check_connections(here)
done()
