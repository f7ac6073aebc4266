#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every header of the C++ binding compiles alone, without a warning, with the compilers that are
# here ($CXX, g++, clang++) as C++20, and auraio.hpp as C++23. AURAIO_CPPFLAGS tells where they lie.
set -u

: "${top_srcdir:=.}" "${AURAIO_CPPFLAGS=-Iinclude -I$top_srcdir/include}"
include=$top_srcdir/include
count=0
failed=0
seen=:

# compiles COMPILER STANDARD HEADER...: one line of TAP, unless that was tried already
compiles() {
    case $seen in
    *":$1 $2:"*) return ;;
    esac
    seen="$seen$1 $2:"
    count=$((count + 1))
    cxx=$1
    standard=$2
    shift 2
    what="$cxx takes headers alone as $standard: $#"
    if ! command -v "${cxx%% *}" >/dev/null 2>&1; then
        echo "ok $count - $what # SKIP ${cxx%% *} is not installed"
        return
    fi
    messages=$(
        for header; do
            # shellcheck disable=SC2086 # lists of words
            echo "#include <${header#"$include/"}>" |
                $cxx $AURAIO_CPPFLAGS -std="$standard" -Wall -Wextra -Wpedantic -Wshadow -Wconversion \
                    -Werror -fsyntax-only -x c++ - 2>&1 || echo "$header does not compile"
        done
    )
    if [ -z "$messages" ]; then
        echo "ok $count - $what"
    else
        failed=1
        echo "not ok $count - $what"
        printf '%s\n' "$messages" | sed 's/^/# /'
    fi
}

for cxx in "${CXX:-g++}" g++ clang++; do
    compiles "$cxx" c++20 \
        "$include"/auraio.hpp "$include"/auraio/*.hpp "$include"/auraio/detail/*.hpp
    compiles "$cxx" c++2b "$include"/auraio.hpp
done
echo "1..$count"
exit $failed
