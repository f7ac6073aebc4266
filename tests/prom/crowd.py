#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Many processes that come and go: each is counted in full, told once more when it was killed,
and leaves nothing. Many that live at once. AURAIO_CROWD is their number in the first part."""
import os
import signal

from prom import Exporter, Place, done, ok, skip

CROWD = int(os.environ.get("AURAIO_CROWD", "200"))
AT_ONCE = 20
USERS = 16
EACH = 63


def value(text, family, name):
    for line in text.splitlines():
        if line.startswith(family + "{") and 'name="%s"' % name in line:
            return int(line.rsplit(" ", 1)[1])
    return None


def come_and_go(place):
    """A third ends in order, a third is killed, a third is killed while its children live."""
    exporter = Exporter(place)
    lost = []
    for first in range(0, CROWD, AT_ONCE):
        group = [place.publish("p%d" % i, 1 + i % 7, *(["fork"] if i % 3 == 2 else []))
                 for i in range(first, first + AT_ONCE)]
        for process in group:
            process.stdout.readline()
        for i, process in enumerate(group, first):
            if i % 3:
                process.send_signal(signal.SIGKILL)
            else:
                process.stdin.close()
            process.wait()
        text = exporter.get()[2].decode()
        for process in group:
            process.stdin.close()  # which ends its children
            process.stdout.close()
        for i in range(first, first + AT_ONCE):
            wanted = 2 + i % 7 if i % 3 else None
            if value(text, "auraio_read_ops_total", "p%d" % i) != wanted:
                lost.append((i, wanted))
        place.processes[:] = [p for p in place.processes if p.poll() is None]
    ok(not lost, "%d processes: the killed ones are told once more, with all reads" % CROWD, lost)
    text = exporter.get()[2].decode()
    ok("auraio_exporter_segments 0\n" in text, "and then no more")
    ok(not place.files(), "nothing is left", place.files())
    errors = [line for line in text.splitlines()
              if line.startswith("auraio_exporter_segment_errors_total") and line[-2:] != " 0"]
    ok(not errors, "and nothing was wrong", errors)
    exporter.stop()


def many_at_once(place):
    """Users have directories of their own, and each at most 64."""
    pattern = place.pattern()
    locks = []
    for user in range(USERS):
        directory = os.path.join(place.path, str(60000 + user))
        os.mkdir(directory)
        os.chown(directory, 60000 + user, -1)
        locks += [place.pretend(directory, pattern, 100000 + user * EACH + i, 60000 + user)
                  for i in range(EACH)]
    exporter = Exporter(place)
    text = exporter.get()[2].decode()
    ok("auraio_exporter_segments %d\n" % (USERS * EACH) in text, "%d live engines" % (USERS * EACH))
    took = [line for line in text.splitlines() if line.startswith("auraio_exporter_scrape_dur")]
    print("#", len(text), "bytes,", took[0])
    for _ in range(5):
        exporter.get(Accept_Encoding="gzip")
    before = exporter.resident_kib()
    for _ in range(30):
        exporter.get(Accept_Encoding="gzip")
    after = exporter.resident_kib()
    ok(after < before * 1.1 + 1024, "memory stays: %d KiB, %d KiB" % (before, after))
    exporter.stop()
    for f in locks:
        f.close()
    exporter = Exporter(place)
    exporter.get()
    text = exporter.get()[2].decode()
    ok("auraio_exporter_segments 0\n" in text, "when all are gone, so are their metrics")
    exporter.stop()


with Place() as here:
    come_and_go(here)
with Place() as here:
    if os.geteuid() == 0:
        many_at_once(here)
    else:
        skip("%d live engines" % (USERS * EACH), "other users' directories are for root to make")
done()
