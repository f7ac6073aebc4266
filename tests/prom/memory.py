#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Memory stays as it is over many scrapes and passwords. AURAIO_SCRAPES is their number."""
import os

from prom import ROOM_KIB, Exporter, Place, done, ok

SCRAPES = int(os.environ.get("AURAIO_SCRAPES", "500"))


def scrape(exporter, n):
    kinds = [{}, {"Accept_Encoding": "gzip"},
             {"Accept": "application/openmetrics-text;version=1.0.0"}]
    return all(exporter.get(**kinds[i % len(kinds)])[0] == 200 for i in range(n))


with Place() as place:
    for number in range(4):
        place.published("engine %d" % number, 10)
    running = Exporter(place, "--collector.rings")
    good = scrape(running, 200)
    before = running.resident_kib()
    good = scrape(running, SCRAPES) and good
    after = running.resident_kib()
    ok(good, "%d scrapes" % SCRAPES)
    ok(after < before + ROOM_KIB, "memory stays: %d KiB, %d KiB" % (before, after))
    ok(running.stop() == 0, "SIGTERM ends it")
done()
