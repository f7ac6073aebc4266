#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# docs/FAULTS.md tells the truth: each row names tests, each of them exists and is run by make, and
# no test whose name says that it is one of faults is left out. Runs in the top build directory.
set -eu
LC_ALL=C
export LC_ALL

: "${top_srcdir:=.}"
ROWS=29 # as many faults at least as the library is to survive
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
count=0
failed=0

# ok WHAT FILE: it is empty
ok() {
    count=$((count + 1))
    if [ ! -s "$work/$2" ]; then
        echo "ok $count - $1"
    else
        failed=1
        echo "not ok $count - $1"
        sed 's/^/# /' "$work/$2"
    fi
}

sed -n '/^| --- /,/^$/p' "$top_srcdir/docs/FAULTS.md" | sed '1d; /^$/d' >"$work/rows"
[ "$(wc -l <"$work/rows")" -ge $ROWS ] || echo "only $(wc -l <"$work/rows")" >"$work/few"
ok "there are $ROWS faults and more" few

# The last column of each row
sed 's/ |$//; s/.*| //' "$work/rows" >"$work/shown"
grep -nv '^`' "$work/shown" >"$work/bare" || :
ok 'each of them names tests' bare
tr ' ' '\n' <"$work/shown" | tr -d '`' | sed '/^$/d' | sort -u >"$work/named"

# What make runs: a name in a list of a fragment, with .c or as it is
cat "$top_srcdir"/tests/*.am "$top_srcdir"/tests/*/*.am "$top_srcdir"/exporters/*.am |
    sed -n 's/^[	 ]*tests\/\([^ ]*\).*/\1/p' | sort -u >"$work/run"
comm -23 "$work/named" "$work/run" >"$work/unknown"
ok 'make runs each of the tests that are named' unknown

while read -r name; do
    [ -f "$top_srcdir/tests/$name" ] || [ -f "$top_srcdir/tests/$name.c" ] || echo "$name"
done <"$work/named" >"$work/gone"
ok 'and there they are' gone

grep -E '^(sim/sim_[a-z_]*|seccomp_[a-z_]*|hung_[a-z_]*|process_[a-z_]*|bad_arguments_[a-z_]*(\.sh)?)$' "$work/run" |
    comm -23 - "$work/named" >"$work/unnamed"
ok 'each test of faults is named' unnamed
echo "1..$count"
[ $failed -eq 0 ]
