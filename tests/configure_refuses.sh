#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# configure refuses what it would have to guess at, in one line and before it looks at anything else.
# shellcheck source=tests/tap.sh
. "${top_srcdir:=.}/tests/tap.sh"
set -e

configure=$top_srcdir/configure

# refuses REASON ARGUMENT...
refuses() {
    reason=$1
    shift
    ok "refused: $*" is_refused "$@"
}

is_refused() {
    status=0
    (cd "$scratch" && "$configure" "$@") 2>&1 || status=$?
    [ "$status" = 1 ] && [ "$(cat "$scratch/said")" = "configure: error: $reason" ]
}

refuses '--disable-shared and --disable-static leave no library to build' --disable-shared --disable-static
refuses '--enable-werror is yes or no, not "maybe"' --enable-werror=maybe
refuses '--enable-code-coverage is yes or no, not "lcov"' --enable-code-coverage=lcov
refuses '--enable-hardening is yes or no, not "full"' --enable-hardening=full
refuses '--enable-prom is yes or no, not "library"' --enable-prom=library
refuses '--with-rust is auto, yes or no, not "1.70"' --with-rust=1.70
refuses 'libtool installs to no directory with a space in its name' '--prefix=/opt/my own'
refuses 'libtool installs to no directory with a space in its name' '--libdir=/opt/my own/lib'
finish
