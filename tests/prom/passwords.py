#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Passwords: bcrypt is slow on purpose, and nobody waits for that of others. A verdict is kept,
those that guess are sent away when they are too many, and time tells nothing about names."""
import base64
import os
import select
import signal
import socket

from prom import Exporter, Place, done, ok, until
from web import bcrypt, need_tools, write

SLOW, QUICK = 11, 4
AT_ONCE = 60

need_tools("htpasswd")


def credentials(user, password):
    return "Basic " + base64.b64encode(("%s:%s" % (user, password)).encode()).decode()


def status(exporter, user, password, path="/-/healthy"):
    return exporter.get(path, Authorization=credentials(user, password))[0]


def ask(exporter, user, password, source="127.0.0.1"):
    """A connection whose answer is not waited for."""
    s = socket.create_connection(("127.0.0.1", exporter.port), source_address=(source, 0))
    s.sendall(b"GET /-/healthy HTTP/1.1\r\nHost: x\r\nAuthorization: %s\r\n\r\n" %
              credentials(user, password).encode())
    return s


def answered(s):
    return bool(select.select([s], [], [], 0)[0])


def answer(s):
    with s:
        s.settimeout(60)
        text = b""
        while True:
            part = s.recv(1000)
            if not part:
                return text.decode()
            text += part


def processor_ticks(exporter):
    """What the process and its threads have used, of which its main thread next to nothing."""
    with open("/proc/%d/stat" % exporter.process.pid) as stat:
        fields = stat.read().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def cost(exporter, user, password):
    before = processor_ticks(exporter)
    status(exporter, user, password)
    return processor_ticks(exporter) - before


def serve(place, users):
    config = write(place, "web.yml", "basic_auth_users:\n" +
                   "".join("  %s: %s\n" % (name, hashed) for name, hashed in users.items()))
    return Exporter(place, "--web.config.file", config)


def check_answers(place):
    exporter = serve(place, {"me": bcrypt("secret", QUICK), "you": bcrypt("other", QUICK)})
    for _ in range(2):
        ok(status(exporter, "me", "secret") == 200, "the right password")
        ok(status(exporter, "me", "other") == 401, "that of another")
        ok(status(exporter, "nobody", "secret") == 401, "nobody's")
        ok(status(exporter, "me", "") == 401, "none")
    got, headers, _ = exporter.get()
    ok(got == 401 and headers["WWW-Authenticate"].startswith("Basic "), "without any")
    asked = [ask(exporter, "me", "guess %d" % i) for i in range(AT_ONCE)]
    ok(until(lambda: status(exporter, "you", "other") == 200), "a right one among many wrong ones")
    texts = [answer(s) for s in asked]
    ok(all(" 401 " in text or (" 503 " in text and "Retry-After" in text) for text in texts),
       "%d wrong ones at once: refused or sent away" % AT_ONCE, set(t[:20] for t in texts))
    for i in range(300):
        status(exporter, "me", "more than are kept %d" % i)
    ok(status(exporter, "me", "guess 1") == 401, "and however many there were")
    exporter.stop()


def check_nobody_waits(place):
    """The order of answers shows it: those that came first are still being thought about."""
    exporter = serve(place, {"me": bcrypt("secret", SLOW)})
    ok(status(exporter, "me", "secret") == 200, "a right password, once")
    asked = [ask(exporter, "me", "wrong %d" % i) for i in range(10)]
    ok(status(exporter, "me", "secret", "/metrics") == 200, "a scrape among wrong ones")
    waiting = [s for s in asked if not answered(s)]
    ok(waiting, "does not wait for them")
    ok(exporter.get()[0] == 401 and not all(map(answered, asked)), "nor who has no password")
    ok(all(" 401 " in answer(s) for s in asked), "and they are refused in the end")
    asked = [ask(exporter, "me", "again %d" % i) for i in range(3)]
    exporter.process.send_signal(signal.SIGTERM)
    ok(exporter.stop() == 0, "SIGTERM ends it while some wait")
    for s in asked:
        s.close()


def check_turns(place):
    """Those that guess send away each other, and nobody who comes from elsewhere."""
    exporter = serve(place, {"me": bcrypt("secret", SLOW)})
    asked = [ask(exporter, "me", "wrong %d" % i) for i in range(AT_ONCE)]
    mine = ask(exporter, "me", "secret", "127.0.0.2")
    asked += [ask(exporter, "me", "more %d" % i) for i in range(AT_ONCE)]
    text = answer(mine)
    ok(" 200 " in text, "a right password among many wrong ones of another address", text[:20])
    ok(not all(map(answered, asked)), "is compared before all of them")
    exporter.process.send_signal(signal.SIGTERM)
    exporter.stop()
    for s in asked:
        s.close()


def check_cost(place):
    """By processor time, which other processes do not move much."""
    exporter = serve(place, {"me": bcrypt("secret", SLOW)})
    status(exporter, "me", "")
    known, unknown = cost(exporter, "me", "wrong"), cost(exporter, "nobody", "wrong")
    ok(known > 0 and known / 3 < unknown < known * 3,
       "an unknown user takes as long as a known one", (known, unknown))
    status(exporter, "me", "secret")
    for user, password in [("me", "secret"), ("me", "wrong"), ("nobody", "wrong")]:
        again = cost(exporter, user, password)
        ok(again < known / 3, "%s, %s: not computed again" % (user, password), (known, again))
    with open(place.path + "/web.yml") as f:
        users = f.read()
    write(place, "web.yml", users.replace("  me:", "  you: %s\n  me:" % bcrypt("other", QUICK)))
    exporter.process.send_signal(signal.SIGHUP)
    ok(until(lambda: status(exporter, "you", "other") == 200), "users are read again")
    again = cost(exporter, "me", "secret")
    ok(again < known / 3, "and a right password is not computed again", (known, again))
    exporter.stop()


with Place() as here:
    os.chmod(here.path, 0o700)
    check_answers(here)
    check_nobody_waits(here)
    check_turns(here)
    check_cost(here)
done()
