#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A real Prometheus server on the loopback scrapes the exporter and answers queries."""
import json
import shutil
import subprocess
import urllib.parse
import urllib.request

from prom import Exporter, Place, done, free_port, ok, skip_all, until

if not shutil.which("prometheus"):
    skip_all("no prometheus")


def main(place):
    place.published("asked", 10, "go")
    exporter = Exporter(place, "--collector.rings")
    port = free_port()
    with open(place.path + "/prometheus.yml", "w") as f:
        f.write("global: {scrape_interval: 250ms, scrape_timeout: 250ms}\nscrape_configs:\n"
                "- job_name: auraio\n  static_configs:\n  - targets: ['127.0.0.1:%d']\n"
                % exporter.port)
    log = open(place.path + "/log", "w")
    place.processes.append(subprocess.Popen(
        ["prometheus", "--config.file=" + place.path + "/prometheus.yml",
         "--storage.tsdb.path=" + place.path + "/data", "--web.listen-address=127.0.0.1:%d" % port],
        stdout=log, stderr=log))

    def query(expression):
        url = "http://127.0.0.1:%d/api/v1/query?%s" % (
            port, urllib.parse.urlencode({"query": expression}))
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                result = json.load(answer)["data"]["result"]
        except (OSError, ValueError):
            return None
        return result[0] if len(result) == 1 else None

    def number(expression):
        result = query(expression)
        return result and result["value"][1] not in ("NaN", "0") and float(result["value"][1])

    ok(until(lambda: number('up{job="auraio"}')), "it scrapes")
    ok(until(lambda: number("sum(rate(auraio_read_ops_total[5s]))")), "rate() of operations")
    p99 = until(lambda: number("histogram_quantile(0.99, sum by (le) "
                               '(rate(auraio_latency_seconds_bucket{op="read"}[5s])))'))
    ok(p99 and 1e-7 < p99 < 17, "histogram_quantile(): %s s" % p99)
    ok(until(lambda: number('sum(auraio_phase == 1)')) == 1, "one phase")
    ok(until(lambda: number("sum(auraio_in_flight_limit)")), "a limit")
    info = until(lambda: query('auraio_process_info * on (pid) group_left auraio_rings'))
    ok(info is not None, "info joins with others")
    types = "http://127.0.0.1:%d/api/v1/metadata?metric=auraio_latency_seconds" % port
    with urllib.request.urlopen(types) as answer:
        ok(json.load(answer)["data"]["auraio_latency_seconds"][0]["type"] == "histogram",
           "it knows the type")


with Place() as here:
    main(here)
done()
