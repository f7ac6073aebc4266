#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# configure refuses what it would have to guess at, in one line and before it looks at anything else.
set -eu

: "${top_srcdir:=.}"
configure=$(cd "$top_srcdir" && pwd)/configure
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
count=0
failed=0

# refuses REASON ARGUMENT...
refuses() {
    count=$((count + 1))
    reason=$1
    shift
    status=0
    (cd "$work" && "$configure" "$@") >"$work/said" 2>&1 || status=$?
    if [ $status = 1 ] && [ "$(cat "$work/said")" = "configure: error: $reason" ]; then
        echo "ok $count - refused: $*"
    else
        failed=1
        echo "not ok $count - refused: $*"
        sed 's/^/# /' "$work/said"
    fi
}

refuses '--disable-shared and --disable-static leave no library to build' --disable-shared --disable-static
refuses '--enable-werror is yes or no, not "maybe"' --enable-werror=maybe
refuses '--enable-code-coverage is yes or no, not "lcov"' --enable-code-coverage=lcov
refuses '--enable-hardening is yes or no, not "full"' --enable-hardening=full
refuses '--enable-prom is yes or no, not "library"' --enable-prom=library
refuses '--with-rust is auto, yes or no, not "1.70"' --with-rust=1.70
refuses 'libtool installs to no directory with a space in its name' '--prefix=/opt/my own'
refuses 'libtool installs to no directory with a space in its name' '--libdir=/opt/my own/lib'
echo "1..$count"
[ $failed -eq 0 ]
