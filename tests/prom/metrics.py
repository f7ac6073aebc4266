#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The metrics: two parsers have no finding, no series is there twice, all is as documented."""
import re
import shutil
import subprocess
import urllib.request

from prom import EXPORTER, TOP, Exporter, Place, done, ok, skip

try:
    from prometheus_client.openmetrics.parser import text_string_to_metric_families
except ImportError:
    text_string_to_metric_families = None


def check_promtool(text):
    if not shutil.which("promtool"):
        skip("promtool check metrics", "no promtool")
        return
    result = subprocess.run(["promtool", "check", "metrics"], input=text, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    ok(result.returncode == 0 and not result.stdout, "promtool check metrics", result.stdout)


def series_of(text):
    return [line.rsplit(" ", 1)[0] for line in text.splitlines() if not line.startswith("#")]


def check_series(text, what):
    series = series_of(text)
    ok(series and len(series) == len(set(series)), "%s: no series twice" % what,
       "\n".join(s for s in series if series.count(s) > 1))
    values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    differ = [s for s in values if "_bucket" in s and 'le="+Inf"' in s and
              values[s.replace("_bucket", "_count").replace(',le="+Inf"', "")] != values[s]]
    ok(not differ, "%s: each count is its last bucket" % what, differ)


def documented():
    """family -> (type, unit, labels) of docs/metrics.md"""
    table = {}
    with open(TOP + "/docs/metrics.md") as document:
        for line in document:
            cells = [cell.strip(" `") for cell in line.strip().strip("|").split("|")]
            if len(cells) == 6 and cells[0].startswith("auraio_"):
                labels = {l.strip(" `") for l in cells[3].split(",")} - {"", "-"}
                table[cells[0]] = (cells[1], cells[2].replace("-", ""), labels)
                if not re.fullmatch(r"\d+\.\d+", cells[4]):
                    print("# no version:", line)
    return table


def check_document(families):
    table = documented()
    found = {}
    for family in families:
        labels = set()
        for sample in family.samples:
            labels |= set(sample.labels) - {"le"}
        name = family.name + {"counter": "_total", "info": "_info"}.get(family.type, "")
        found[name] = (family.type, family.unit, labels)
    ok(set(found) == set(table), "docs/metrics.md lists what there is",
       sorted(set(found) ^ set(table)))
    for name in sorted(set(found) & set(table)):
        if not ok(found[name] == table[name], "%s is as documented" % name):
            print("# is         ", found[name])
            print("# documented ", table[name])


with Place() as place:
    place.published('odd "name" \\', 100, "go")
    place.published("", 1)
    place.published("twice", 0)
    exporter = Exporter(place, "--collector.rings")
    failing = place.published("twice", 5)
    text = exporter.get()[2].decode()
    check_promtool(text)
    check_series(text, "text")
    ok("# EOF" not in text and "# UNIT" not in text, "nothing of OpenMetrics in it")
    open_text = exporter.get(Accept="application/openmetrics-text; version=1.0.0")[2].decode()
    check_series(open_text, "OpenMetrics")
    if text_string_to_metric_families:
        families = list(text_string_to_metric_families(open_text))
        ok(families, "the OpenMetrics parser takes it: %d families" % len(families))
        check_document(families)
    else:
        skip("OpenMetrics", "no python3-prometheus-client")
    ok('name="odd \\"name\\" \\\\"' in text, "a name is escaped")
    ok(exporter.stop() == 0, "SIGTERM ends it")


def check_example():
    """The program with a server of its own."""
    example = subprocess.Popen(["examples/c/prometheus_server"], stdout=subprocess.PIPE, text=True)
    with urllib.request.urlopen(example.stdout.readline().strip()) as answer:
        text = answer.read().decode()
    check_promtool(text)
    ok("auraio_write_ops_total{" in text and example.wait() == 0, "the example serves its metrics")


def check_scrape_from_within():
    """An engine that has somebody scrape it before it ends, as ./bootstrap demo does."""
    with Place() as here:
        reader = subprocess.run(["examples/c/bulk_reader", "--then", EXPORTER + " --once", TOP + "/man"],
                                env=here.env, stdout=subprocess.PIPE, text=True, check=True)
        bytes_read = re.search(r"^bytes +(\d+)$", reader.stdout, re.M).group(1)
        pattern = r'^auraio_read_bytes_total{.*name="bulk_reader"} (\d+)$'
        ok(re.findall(pattern, reader.stdout, re.M) == [bytes_read],
           "what it has read is what is scraped", reader.stdout[:1000])


check_example()
check_scrape_from_within()
done()
