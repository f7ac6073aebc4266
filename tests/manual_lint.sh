#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# mandoc and man find nothing to warn of in any page of the manual.
set -u

man=${top_srcdir:-.}/man
set -- "$man"/man[0-9]/*.[0-9]
if [ ! -e "$1" ]; then
    echo "Bail out! no page below $man"
    exit 99
fi

count=0
failed=0
for page; do
    status=0
    complaints=$("$man/lint" "$page" 2>&1) || status=$?
    if [ $status -eq 77 ]; then
        echo "1..0 # SKIP $complaints"
        exit
    fi
    count=$((count + 1))
    if [ $status -eq 0 ]; then
        echo "ok $count - ${page##*/}"
    else
        failed=1
        echo "not ok $count - ${page##*/}"
        printf '%s\n' "$complaints" | sed 's/^/# /'
    fi
done
echo "1..$count"
exit $failed
