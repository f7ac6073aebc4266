#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `make help` lists the targets that there are: each is a rule of the Makefile, none that the
# fragments declare is left out, and the table of CONTRIBUTING.md has the same ones. Runs in the top
# build directory.
set -eu
LC_ALL=C
export LC_ALL

: "${top_srcdir:=.}"
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

cat "$top_srcdir/Makefile.am" "$top_srcdir"/*/*.am "$top_srcdir"/*/*/*.am >"$work/all.am"
sed -n 's/^#: \([^ ][^ ]*\).*/\1/p' "$work/all.am" | sort -u >"$work/help"

# Rules, and what make is told to be no file
sed -n 's/^\([a-z][a-z -]*\):\([^=].*\)\{0,1\}$/\1/p' Makefile | tr ' ' '\n' | sort -u >"$work/rules"
comm -23 "$work/help" "$work/rules" >"$work/no_rule"
ok "each of the $(wc -l <"$work/help") targets in make help has a rule" no_rule

sed -e ':again' -e '/\\$/{N;s/\\\n//;b again' -e '}' "$work/all.am" |
    sed -n 's/^\.PHONY: *//p' | tr -s ' \t' '\n' | sed '/^$/d; /^check-runs-/d' | sort -u >"$work/targets"
comm -23 "$work/targets" "$work/help" >"$work/untold"
ok 'make help tells every target of the fragments' untold

sed -n '/^## Targets of make/,/^## A/s/^| \([^|]*\) |.*/\1/p' "$top_srcdir/CONTRIBUTING.md" |
    tr -d '`,' | tr ' ' '\n' | sed '/^target$/d; /^---$/d' | sort >"$work/table"
comm -3 "$work/table" "$work/help" >"$work/difference"
ok 'the table of CONTRIBUTING.md has the targets of make help' difference
echo "1..$count"
[ $failed -eq 0 ]
