#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `make help` lists the targets that there are: each is a rule of the Makefile, none that the
# fragments declare is left out, and the table of CONTRIBUTING.md has the same ones. Runs in the top
# build directory.
# shellcheck source=tests/tap.sh
. "${top_srcdir:=.}/tests/tap.sh"
set -e

cat "$top_srcdir/Makefile.am" "$top_srcdir"/*/*.am "$top_srcdir"/*/*/*.am >"$scratch/all.am"
sed -n 's/^#: \([^ ][^ ]*\).*/\1/p' "$scratch/all.am" | sort -u >"$scratch/help"

# Rules, and what make is told to be no file
sed -n 's/^\([a-z][a-z -]*\):\([^=].*\)\{0,1\}$/\1/p' Makefile | tr ' ' '\n' | sort -u >"$scratch/rules"
comm -23 "$scratch/help" "$scratch/rules" >"$scratch/no_rule"
ok "each of the $(wc -l <"$scratch/help") targets in make help has a rule" none "$scratch/no_rule"

sed -e ':again' -e '/\\$/{N;s/\\\n//;b again' -e '}' "$scratch/all.am" |
    sed -n 's/^\.PHONY: *//p' | tr -s ' \t' '\n' | sed '/^$/d; /^check-runs-/d' | sort -u >"$scratch/targets"
comm -23 "$scratch/targets" "$scratch/help" >"$scratch/untold"
ok 'make help tells every target of the fragments' none "$scratch/untold"

sed -n '/^## Targets of make/,/^## A/s/^| \([^|]*\) |.*/\1/p' "$top_srcdir/CONTRIBUTING.md" |
    tr -d '`,' | tr ' ' '\n' | sed '/^target$/d; /^---$/d' | sort >"$scratch/table"
comm -3 "$scratch/table" "$scratch/help" >"$scratch/difference"
ok 'the table of CONTRIBUTING.md has the targets of make help' none "$scratch/difference"
finish
