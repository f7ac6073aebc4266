#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Each call of the allocator in lib/ has failed in tests/sim/sim_alloc_failures: the program tells
# the places that failed, addr2line their lines. Runs in the top build directory.
# shellcheck source=tests/tap.sh
. "${top_srcdir:=.}/tests/tap.sh"
set -e

program=tests/sim/sim_alloc_failures

AURAIO_ALLOC_SITES=yes "$program" >"$scratch/out"
sed -n 's/^# site \(0x[0-9a-f]*\): \([0-9]*\) calls, \([1-9][0-9]*\) failed$/\1 \3/p' "$scratch/out" >"$scratch/sites"
while read -r address failures; do
    echo "$(addr2line -e "$program" "$address" | sed 's/ (disc.*//; s/.*\(lib\/[^/]*\)$/\1/') $failures"
done <"$scratch/sites" | awk '{ n[$1] += $2 } END { for (place in n) print place, n[place] }' | sort >"$scratch/hit"
if ! grep -q '^lib/.*:[1-9]' "$scratch/hit"; then
    skip_all 'the programs were built without line numbers'
fi

cd "$top_srcdir"
grep -n 'aur_kern\.alloc\(_raw\)\{0,1\}(' lib/*.c | sed 's/:/ /; s/:/ /' >"$scratch/calls"
while read -r file line call; do
    failures=$(awk -v file="$file" -v line="$line" '
        { split($1, at, ":") }
        at[1] == file && at[2] == line { n += $2 }
        END { print n + 0 }' "$scratch/hit")
    if [ "$failures" -eq 0 ] && [ "$call" = 'block = aur_kern.alloc(LINE, sizeof *block);' ] &&
        grep -q '^# each ring has room' "$scratch/out"; then
        skip 'on 32-bit systems no ring is beyond the room of the statistics' "$file:$line"
    else
        ok "$file:$line has failed $failures times" [ "$failures" -gt 0 ]
    fi
done <"$scratch/calls"
finish
