#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The rules are good and their alerts come when they should; the dashboard's expressions are good;
# both name only metrics that docs/metrics.md has. Runs in the top build directory.
# shellcheck disable=SC2016 # expressions of Prometheus have dollars
# shellcheck source=tests/tap.sh
. "${top_srcdir:=.}/tests/tap.sh"
set -e

: "${PROMTOOL:=promtool}"
rules=$top_srcdir/exporters/prometheus
dashboard=$top_srcdir/exporters/grafana/auraio.json
schema=$top_srcdir/docs/metrics.md
if ! command -v "$PROMTOOL" >/dev/null; then
    skip_all 'promtool is not here'
fi

# The expressions of the dashboard as recording rules, Grafana's variables replaced.
expressions() {
    python3 -c '
import json, sys
panels = json.load(open(sys.argv[1]))["panels"]
print("groups: [{name: dashboard, rules: [")
for n, target in enumerate(t for p in panels for t in p["targets"]):
    text = target["expr"].replace("$__rate_interval", "1m")
    print("{record: panel:%d, expr: %s}," % (n, json.dumps(text)))
print("]}]")' "$dashboard" >"$scratch/dashboard.yml"
    grep -q 'panel:9' "$scratch/dashboard.yml"
}

dashboard_is_good() {
    expressions && "$PROMTOOL" check rules "$scratch/dashboard.yml"
}

only_known_metrics() {
    grep -oh '\bauraio_[a-z_]*' "$dashboard" "$rules/auraio.rules.yml" |
        sed -e 's/_bucket$//' -e '/^auraio_$/d' | sort -u >"$scratch/named"
    sed -n 's/^| `\(auraio_[a-z_]*\)`.*/\1/p' "$schema" | sort -u >"$scratch/known"
    comm -23 "$scratch/named" "$scratch/known" >"$scratch/unknown"
    cat "$scratch/unknown"
    [ -s "$scratch/named" ] && [ -s "$scratch/known" ] && [ ! -s "$scratch/unknown" ]
}

ok 'the rules are good' "$PROMTOOL" check rules "$rules/auraio.rules.yml"
ok 'the alerts come when they should' "$PROMTOOL" test rules "$rules/auraio.rules.test.yml"
ok 'the expressions of the dashboard are good' dashboard_is_good
ok 'both name only metrics that there are' only_known_metrics
finish
