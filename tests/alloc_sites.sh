#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Each call of the allocator in lib/ has failed in tests/sim/sim_alloc_failures: the program tells
# the places that failed, addr2line their lines. Runs in the top build directory.
set -eu
LC_ALL=C
export LC_ALL

: "${top_srcdir:=.}"
program=tests/sim/sim_alloc_failures
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

AURAIO_ALLOC_SITES=yes "$program" >"$work/out"
sed -n 's/^# site \(0x[0-9a-f]*\): \([0-9]*\) calls, \([1-9][0-9]*\) failed$/\1 \3/p' "$work/out" >"$work/sites"
while read -r address failures; do
    echo "$(addr2line -e "$program" "$address" | sed 's/ (disc.*//; s/.*\(lib\/[^/]*\)$/\1/') $failures"
done <"$work/sites" | awk '{ n[$1] += $2 } END { for (place in n) print place, n[place] }' | sort >"$work/hit"
if ! grep -q '^lib/.*:[1-9]' "$work/hit"; then
    echo '1..0 # SKIP the programs were built without line numbers'
    exit 0
fi

count=0
failed=0
cd "$top_srcdir"
grep -n 'aur_kern\.alloc\(_raw\)\{0,1\}(' lib/*.c | sed 's/:/ /; s/:/ /' >"$work/calls"
while read -r file line call; do
    count=$((count + 1))
    failures=$(awk -v file="$file" -v line="$line" '
        { split($1, at, ":") }
        at[1] == file && at[2] == line { n += $2 }
        END { print n + 0 }' "$work/hit")
    if [ "$failures" -gt 0 ]; then
        echo "ok $count - $file:$line has failed $failures times"
    elif [ "$call" = 'block = aur_kern.alloc(LINE, sizeof *block);' ] && grep -q '^# each ring has room' "$work/out"; then
        echo "ok $count - $file:$line # SKIP on 32-bit systems no ring is beyond the room of the statistics"
    else
        echo "not ok $count - $file:$line has never failed"
        failed=1
    fi
done <"$work/calls"
echo "1..$count"
[ $failed = 0 ]
