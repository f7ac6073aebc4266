#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every header of the C++ binding compiles alone, without a warning, as C++20 with $CXX, and auraio.hpp as C++20 and
# C++23 with each of the compilers that are here ($CXX, g++, clang++). AURAIO_CPPFLAGS tells where they lie.
# shellcheck source=tests/tap.sh
. "${top_srcdir:=.}/tests/tap.sh"

: "${AURAIO_CPPFLAGS=-Iinclude -I$top_srcdir/include}"
include=$top_srcdir/include
seen=:

# compiles COMPILER STANDARD HEADER...: one line of TAP, unless that was tried already
compiles() {
    case $seen in
    *":$1 $2:"*) return ;;
    esac
    seen="$seen$1 $2:"
    cxx=$1
    standard=$2
    shift 2
    what="$cxx takes headers alone as $standard: $#"
    if ! command -v "${cxx%% *}" >/dev/null 2>&1; then
        skip "${cxx%% *} is not installed" "$what"
        return
    fi
    for header; do
        # shellcheck disable=SC2086 # lists of words
        echo "#include <${header#"$include/"}>" |
            $cxx $AURAIO_CPPFLAGS -std="$standard" -Wall -Wextra -Wpedantic -Wshadow -Wconversion \
                -Werror -fsyntax-only -x c++ - 2>&1 || echo "$header does not compile"
    done >"$scratch/messages"
    ok "$what" none "$scratch/messages"
}

compiles "${CXX:=g++}" c++20 "$include"/auraio.hpp "$include"/auraio/*.hpp "$include"/auraio/detail/*.hpp
for cxx in "$CXX" g++ clang++; do
    compiles "$cxx" c++20 "$include"/auraio.hpp
    compiles "$cxx" c++2b "$include"/auraio.hpp
done
finish
