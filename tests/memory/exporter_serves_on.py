#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""auraio-prom without memory: it refuses, or answers in full, lets nobody in, and serves on."""
import base64
import http.client
import os
import random
import re
import signal
import socket

from orders import MOST, STEP, Orders, Sweep, need_preload, program # which tells where the others are
import prom
from prom import Exporter, Place, done, ok, until
from web import bcrypt, need_tools, write

NO_ANSWER_S = 1 # that long it may be without one; whether it goes on is asked afterwards
WARM = 3 # times without failures, after which what is kept for the next time is there
ROOM = 24 # blocks more; one lost each time would be over 60
need_tools("htpasswd")
need_preload()
prom.EXPORTER = program("exporters/prom/auraio-prom")


def names(text):
    """All but the values."""
    return re.sub(r" [0-9.e+]+$", "", text, flags=re.MULTILINE)


def check_once(place):
    Sweep([prom.EXPORTER, "--once", "--collector.rings"], text=names, env=place.env).all("--once")


def check_configuration(place, users):
    """Its last line is refused, so that the program ends whatever comes of the rest."""
    path = write(place, "bad.yml", "# %s\n%shttp_server_config:\n  http2: true\n" %
                 ("x" * 100, users))
    Sweep([prom.EXPORTER, "--web.config.file=" + path], env=place.env).all("a configuration")


class Watched:
    """An exporter whose memory fails when it is told to, with what it has logged."""

    def __init__(self, place, *flags):
        self.orders, self.env = Orders(), place.env
        place.env = self.orders.environment(place.env)
        self.log = open(place.path + "/exporter.log", "w+")
        self.exporter = Exporter(place, "--log.level=info", *flags, log=self.log)
        place.env = self.env

    def lines(self, level="info|warn|error"):
        with open(self.log.name) as f:
            return len(re.findall("level=(%s) " % level, f.read()))

    def ask(self, password=None):
        """(status, text); status 0: it does not answer"""
        words = {}
        if password:
            words["Authorization"] = "Basic " + base64.b64encode(password.encode()).decode()
        connection = http.client.HTTPConnection("127.0.0.1", self.exporter.port,
                                                timeout=NO_ANSWER_S)
        try:
            connection.request("GET", "/metrics", headers=words)
            answer = connection.getresponse()
            return answer.status, names(answer.read().decode())
        except (OSError, http.client.HTTPException, socket.timeout):
            return 0, ""
        finally:
            connection.close()

    def sweep(self, what, try_it, is_well):
        """try_it while memory fails: whether it went well, and what is wrong; is_well when there
        is some again."""
        for _ in range(WARM):
            try_it()
            until(is_well)
        live = self.orders.live()
        for ever_after in False, True:
            wrong, tried = [], 0
            for nth in range(random.randrange(1, STEP + 1), MOST, STEP):
                self.orders.give(nth, ever_after)
                done_well, problem = try_it()
                met = self.orders.were_met()
                self.orders.give(0)
                if self.exporter.process.poll() is not None:
                    problem = "it ended with %d" % self.exporter.process.returncode
                elif not problem and not until(is_well):
                    problem = "it is not well afterwards"
                if problem:
                    wrong.append("allocation %d: %s" % (nth, problem))
                tried += met
                if (done_well and not met) or self.exporter.process.poll() is not None:
                    break
            ok(tried and not wrong, "%s: %d allocations fail%s" %
               (what, tried, " with all after them" if ever_after else ""), "\n".join(wrong))
        ok(until(lambda: self.orders.live() <= live + ROOM), "no memory is lost of %s" % what,
           "%d blocks, then %d" % (live, self.orders.live()))


def check_scrapes(place):
    watched = Watched(place, "--collector.rings")
    wanted = until(lambda: watched.ask()[1])

    def scrape():
        status, text = watched.ask()
        whole = (status, text) == (200, wanted)
        return whole, "" if whole or status in (0, 500) else "status %d: %s" % (status, text[:200])
    watched.sweep("a scrape", scrape, lambda: watched.ask() == (200, wanted))
    watched.exporter.stop()


def check_reloads(place, users):
    watched = Watched(place, "--web.config.file", write(place, "web.yml", users))

    def reload():
        before = watched.lines()
        watched.exporter.process.send_signal(signal.SIGHUP)
        if not until(lambda: watched.lines() > before and watched.ask("me:secret")[0] in (0, 200)):
            return False, "it says nothing"
        return True, "" if watched.ask()[0] in (0, 401) else "it lets somebody in"
    watched.sweep("a reload", reload, lambda: watched.ask("me:secret")[0] == 200 and
                  watched.ask()[0] == 401)
    watched.exporter.stop()


with Place() as here:
    os.chmod(here.path, 0o700)
    here.published("engine", 3)
    somebody = "basic_auth_users:\n  me: %s\n" % bcrypt("secret", 4)
    check_once(here)
    check_configuration(here, somebody)
    check_scrapes(here)
    check_reloads(here, somebody)
done()
