#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# mandoc and man find nothing to warn of in any page of the manual.
# shellcheck source=tests/tap.sh
. "${top_srcdir:=.}/tests/tap.sh"

man=$top_srcdir/man
set -- "$man"/man[0-9]/*.[0-9]
if [ ! -e "$1" ]; then
    bail "no page below $man"
fi

for page; do
    status=0
    complaints=$("$man/lint" "$page" 2>&1) || status=$?
    if [ $status -eq 77 ]; then
        skip_all "$complaints"
    fi
    echo "$complaints" >"$scratch/said"
    result $status "${page##*/}"
done
finish
