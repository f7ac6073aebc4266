#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# auraio-top shows an engine that works, as table, JSON and on a terminal; it takes wrong usage
# and a directory without engines well. Runs in the top build directory.
# shellcheck source=tests/tap.sh
. "${top_srcdir:=.}/tests/tap.sh"
set -e

: "${TOP:=tools/auraio-top/auraio-top}" "${WORKER:=tests/works_on}" "${PYTHON:=/usr/bin/python3}"
page=$top_srcdir/man/man1/auraio-top.1
LC_ALL=C.UTF-8
export LC_ALL
worker=
AURAIO_STATS_DIR=$(mktemp -d /dev/shm/auraio-top.XXXXXX)
export AURAIO_STATS_DIR
clean() {
    [ -z "$worker" ] || kill "$worker"
    rm -rf "$AURAIO_STATS_DIR"
}

# shows EXPRESSION OPTION...: it holds of the JSON d and its first engine e
shows() {
    expression=$1
    shift
    "$TOP" --json --interval=0.3 "$@" >"$scratch/out" && python3 -c '
import json, sys
d = json.load(open(sys.argv[1]))
e = d["engines"][0] if d["engines"] else None
print(json.dumps(d, indent=1))
sys.exit(not eval(sys.argv[2]))' "$scratch/out" "$expression"
}

table() {
    "$TOP" --once --interval=0.3 --devices >"$scratch/out" && cat "$scratch/out" &&
        head -n 1 "$scratch/out" | grep -q 'PID USER .*IOPS' &&
        sed -n 2p "$scratch/out" | grep -q "^ *$worker .*works_on:worker" &&
        [ "$(wc -l <"$scratch/out")" -ge 3 ]
}

refused() {
    status=0
    "$TOP" "$@" >"$scratch/out" 2>"$scratch/err" || status=$?
    cat "$scratch/err"
    [ "$status" = 2 ] && [ "$(wc -l <"$scratch/err")" = 1 ] && [ ! -s "$scratch/out" ]
}

no_room() {
    status=0
    "$TOP" --interval=0.1 "$@" >/dev/full 2>"$scratch/err" || status=$?
    cat "$scratch/err"
    [ "$status" = 2 ] && [ "$(wc -l <"$scratch/err")" = 1 ]
}

same_options() {
    "$TOP" --help | sed -n 's/^  -[a-zA-Z0-9], \(--[a-z]*\).*/\1/p' | sort >"$scratch/helped"
    sed -n '/^\.SH OPTIONS/,/^\.SH KEYS/s/^\.BR .*" \\-\\-\([a-z]*\).*/--\1/p' "$page" |
        sort >"$scratch/documented"
    [ -s "$scratch/helped" ] && diff "$scratch/helped" "$scratch/documented"
}

# Lines "EXPECTED<tab>KEYS": the keys are typed once the text has been shown.
on_terminal() {
    TERM=${2-linux} COLUMNS=${3-160} LINES=30 \
        "$PYTHON" "$top_srcdir/tests/on_terminal.py" "$TOP" --interval=0.2 <"$1"
}

without_cursor() {
    : >"$scratch/keys"
    status=0
    on_terminal "$scratch/keys" dumb || status=$?
    [ "$status" = 2 ]
}

ok 'no engine is an empty list' shows 'd["engines"] == []'
"$WORKER" worker &
worker=$!
tries=0
until [ -n "$(ls "$AURAIO_STATS_DIR")" ] || [ $tries = 100 ]; do
    tries=$((tries + 1))
    sleep 0.1
done
ok 'an engine that works is in JSON' shows \
    "len(d['engines']) == 1 and e['pid'] == $worker and e['name'] == 'worker' and e['alive']"
ok 'with its rates' shows \
    'e["iops"] > 0 and e["reads_per_second"] > 0 and e["read_bytes_per_second"] >= 4096 and e["p99_seconds"] > 0'
ok 'and its devices' shows 'e["devices"][0]["iops"] > 0'
ok 'a filter finds it' shows 'len(d["engines"]) == 1' --filter=orke
ok 'another does not' shows 'd["engines"] == []' --filter=nobody
for key in iops bytes in-flight limit p99 pid name; do
    ok "sorted by $key" shows 'len(d["engines"]) == 1' "--sort=$key" --reverse
done
ok 'the table has it, with its device' table
printf 'works_on\td\nby iops\ts\nby bytes\tr\nreversed\th\nany key goes back\tx\nq quit\t/\nonly engines\tnobody\\n\nNo engine\t/\nonly engines\t\\x15\\n\nworks_on\tp\nPAUSED\tq\n' >"$scratch/keys"
printf 'works_on\t\n!PHASE\t\n!PASSTHROUGH\t\\x1b[C\\x1b[C\\x1b[C\nPHASE\t/\nprograms and users with: \t\\xe4\\x7fworks_o\\n\nonly works_o\tq\n' >"$scratch/narrow"
if "$PYTHON" -c 'import pyte' 2>/dev/null; then
    ok 'a terminal has it, and its keys do what they say' on_terminal "$scratch/keys"
    ok 'a narrow one has a row in a line, and its columns can be moved' \
        on_terminal "$scratch/narrow" linux 80
    ok 'one without a cursor that moves is refused' without_cursor
else
    echo "ok $((count += 1)) # skip python3-pyte is not here"
fi
kill -KILL $worker
wait $worker 2>/dev/null || true
ok 'an engine that was killed is told once at most' shows \
    'all(not e["alive"] for e in d["engines"])'
ok 'a sort key that is none is refused' refused --sort=size
ok 'an interval that is none is refused' refused --interval=0
ok 'an argument is refused' refused argument
ok 'a filter that is too long is refused' refused \
    "--filter=$(printf '%080d' 0)"
ok 'a table that cannot be written is an error' no_room --once
ok 'JSON that cannot be written is an error' no_room --json
ok 'help and page name the same options' same_options
worker=
finish
