#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# auraio_prometheus.h, and auraio.h in it, compile with nothing included before them, as strict C11 and as
# strict C++17: by the compilers of this build ($CC, $CXX) and by the others that
# are here, and against musl. AURAIO_CPPFLAGS tells where the headers lie; without
# it the installed ones are meant.
# shellcheck source=tests/tap.sh
. "${top_srcdir:=.}/tests/tap.sh"

seen=:
printf '#include <%s>\n' auraio_prometheus.h auraio.h >"$scratch/program"

# compiles COMPILER LANGUAGE STANDARD: one line of TAP, unless that was tried already
compiles() {
    case $seen in
    *":$1 $2:"*) return ;;
    esac
    seen=$seen$1\ $2:
    what="$1 takes the headers alone as $3"
    if ! command -v "${1%% *}" >/dev/null 2>&1; then
        skip "${1%% *} is not installed" "$what"
        return
    fi
    # A compiler may come with flags (gcc -m32), and AURAIO_CPPFLAGS is a list of words.
    # shellcheck disable=SC2086
    ok "$what" $1 ${AURAIO_CPPFLAGS-} -std="$3" -pedantic-errors -Wall -Wextra -Werror \
        -fsyntax-only -x "$2" - <"$scratch/program"
}

for cc in "${CC:-cc}" gcc clang musl-gcc; do
    compiles "$cc" c c11
done
for cxx in "${CXX:-c++}" g++ clang++; do
    compiles "$cxx" c++ c++17
done
finish
