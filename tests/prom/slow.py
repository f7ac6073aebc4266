#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Clients that are slow, whichever way, are cut off; others are served meanwhile."""
import select
import socket

from prom import Exporter, Place, done, ok, until

ENGINES = 60 # whose metrics are more than a socket holds


class Client:
    """Asks on the Unix socket, whose buffers do not grow, and takes SIZE bytes a time."""

    def __init__(self, path, size):
        self.size = size
        self.text = b""
        self.s = socket.socket(socket.AF_UNIX)
        self.s.connect(path)
        self.s.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")

    def is_cut(self):
        self.text += self.s.recv(self.size) if self.size else b""
        poll = select.poll()
        poll.register(self.s, select.POLLRDHUP)
        return bool(poll.poll(0))

    def rest(self):
        """(bytes of the body, how many there should be)"""
        while True:
            part = self.s.recv(1 << 16)
            if not part:
                break
            self.text += part
        head, _, body = self.text.partition(b"\r\n\r\n")
        length = [int(line.split(b":")[1]) for line in head.split(b"\r\n")
                  if line.lower().startswith(b"content-length:")]
        self.s.close()
        return len(body), length[0]


class Sender:
    """Each byte in time for the next, and never an end."""

    def __init__(self, port):
        self.s = socket.create_connection(("127.0.0.1", port))
        self.s.sendall(b"GET /metrics HTTP/1.1\r\nX: ")

    def is_cut(self):
        try:
            self.s.sendall(b"x")
            return self.s.recv(100, socket.MSG_DONTWAIT) is not None
        except BlockingIOError:
            return False
        except OSError:
            return True


def main(place):
    pattern = place.pattern()
    engines = [place.pretend(place.path, pattern, 100000 + i) for i in range(ENGINES)]
    path = place.path + "/socket"
    exporter = Exporter(place, "--web.listen-address=unix:" + path, "--collector.rings")
    fast = Client(path, 1 << 16)
    got, length = fast.rest()
    ok(got == length > 1 << 19, "the answer is long", length)
    clients = [("never ends its request", Sender(exporter.port)), ("reads nothing", Client(path, 0)),
               ("reads slowly", Client(path, 4096))]
    cut = set()

    def all_cut():
        cut.update(what for what, client in clients if what not in cut and client.is_cut())
        return len(cut) == len(clients)
    until(all_cut)
    for what, client in clients:
        ok(what in cut, "one that %s is cut off" % what)
        if isinstance(client, Client):
            got, length = client.rest()
            ok(got < length, "with %d of %d bytes" % (got, length))
    ok(exporter.get()[0] == 200, "and others are served")
    ok(exporter.stop() == 0, "SIGTERM ends it")
    for f in engines:
        f.close()


with Place() as here:
    main(here)
done()
