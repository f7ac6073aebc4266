#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# docs/FAULTS.md tells the truth: each row names tests, each of them exists and is run by make, and
# no test whose name says that it is one of faults is left out. Runs in the top build directory.
# shellcheck source=tests/tap.sh
. "${top_srcdir:=.}/tests/tap.sh"
set -e

ROWS=29 # as many faults at least as the library is to survive

sed -n '/^| --- /,/^$/p' "$top_srcdir/docs/FAULTS.md" | sed '1d; /^$/d' >"$scratch/rows"
ok "there are $ROWS faults and more" [ "$(wc -l <"$scratch/rows")" -ge $ROWS ]

# The last column of each row
sed 's/ |$//; s/.*| //' "$scratch/rows" >"$scratch/shown"
grep -nv '^`' "$scratch/shown" >"$scratch/bare" || :
ok 'each of them names tests' none "$scratch/bare"
tr ' ' '\n' <"$scratch/shown" | tr -d '`' | sed '/^$/d' | sort -u >"$scratch/named"

# What make runs: a name in a list of a fragment, with .c or as it is
cat "$top_srcdir"/tests/*.am "$top_srcdir"/tests/*/*.am "$top_srcdir"/exporters/*.am |
    sed -n 's/^[	 ]*tests\/\([^ ]*\).*/\1/p' | sort -u >"$scratch/run"
comm -23 "$scratch/named" "$scratch/run" >"$scratch/unknown"
ok 'make runs each of the tests that are named' none "$scratch/unknown"

while read -r name; do
    [ -f "$top_srcdir/tests/$name" ] || [ -f "$top_srcdir/tests/$name.c" ] || echo "$name"
done <"$scratch/named" >"$scratch/gone"
ok 'and there they are' none "$scratch/gone"

grep -E '^(sim/sim_[a-z_]*|seccomp_[a-z_]*|hung_[a-z_]*|process_[a-z_]*|bad_arguments_[a-z_]*(\.sh)?)$' "$scratch/run" |
    comm -23 - "$scratch/named" >"$scratch/unnamed"
ok 'each test of faults is named' none "$scratch/unnamed"
finish
