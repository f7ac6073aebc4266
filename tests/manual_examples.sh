#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every program in sections 3 and 7 of the manual compiles without a warning and runs:
# it exits with 0, prints something and leaves no file behind. Where io_uring can be refused it runs
# twice, so that AURAIO_BACKEND_AUTO is the thread backend the second time. A program
# stands between .EX and .EE after a line .\" example: NAME; where the name begins with cxx_ it is
# C++20, and left out without a compiler that knows its coroutines (AURAIO_CXX). Runs in the top build
# directory; AURAIO_LIBRARY is the shared library.
# shellcheck source=tests/tap.sh
. "${top_srcdir:=.}/tests/tap.sh"

: "${CC:=cc}" "${CXX:=c++}" "${AURAIO_CXX:=}" "${AURAIO_CPPFLAGS=-Iinclude -I$top_srcdir/include}"
: "${AURAIO_CFLAGS=-O2}" "${AURAIO_LIBRARY:=$(pwd)/lib/.libs/libauraio.so}"
: "${AURAIO_PROM_LIBRARY:=$(pwd)/exporters/.libs/libauraio-prom.so}"
roff=$(cat "$top_srcdir/man/roff.awk")
limit=20

# extract PAGE...: the programs as NAME.c in the current directory, "NAME PAGE" for each
# in the file list, and in the file wrong what is not as it should be. What printing
# would turn into another character must be written as an escape in code.
extract() {
    awk "$roff"'
    function wrong(what) {
        print FILENAME ":" FNR ": " what > "wrong"
    }
    FNR == 1 { name = ""; inside = 0 }
    /^\.\\" *example/ {
        name = $3
        marked = FNR
        if ($0 !~ /^\.\\" example: [a-z0-9_]+$/ || name in page)
            wrong("not the name of an example, or one that is taken: " name)
        page[name] = FILENAME
        print name, FILENAME > "list"
        next
    }
    /^\.EX/ { inside = 1 }
    name && FNR == marked + 1 && !inside { wrong("no .EX follows the name") }
    inside && !name && /main\(/ { wrong("a program without a line that names it") }
    inside && name && !/^\.EX|^\.EE/ {
        unknown = ""
        code = plain($0)
        bare = $0
        gsub(/\\(\(..|\[[^]]*\]|.)/, "", bare)
        if (bare ~ /[-\047`^~]/)
            wrong("write \\- \\(aq \\(ga \\(ha \\(ti in code: " $0)
        if (unknown)
            wrong("unknown escape" unknown)
        if (/^[.\047]/)
            wrong("a macro within a program")
        if (length(code) > 72)
            wrong("longer than 72 columns: " code)
        print code > (name ".c")
    }
    /^\.EE/ { name = ""; inside = 0 }' "$@"
}

compile() {
    # shellcheck disable=SC2086 # lists of words
    $CC $AURAIO_CPPFLAGS ${AURAIO_YOUNG_CPPFLAGS-} $AURAIO_CFLAGS -D_GNU_SOURCE "$@"
}

# runs COMMAND...: in an empty directory
runs() {
    rm -rf "$scratch/run"
    mkdir "$scratch/run"
    status=0
    (cd "$scratch/run" && timeout -k 5 "$limit" "$@" </dev/null >../out 2>../err) || status=$?
    left=$(ls -A "$scratch/run")
    [ "$status" -eq 0 ] && [ -s "$scratch/out" ] && [ -z "$left" ] && return
    echo "$*: exit status $status, $(wc -c <"$scratch/out") bytes printed; left behind: ${left:-nothing}"
    cat "$scratch/out" "$scratch/err"
    return 1
}

# compile_example NAME
compile_example() {
    case $1 in
    cxx_*) set -- "$1" -std=c++20 -x c++ ;;
    *) set -- "$1" -x c ;;
    esac
    example=$1
    shift
    set -- "$@" "$scratch/$example.c" -x none -Wl,--as-needed
    [ ! -f "${AURAIO_PROM_LIBRARY-}" ] ||
        set -- "$@" "$AURAIO_PROM_LIBRARY" -Wl,-rpath,"${AURAIO_PROM_LIBRARY%/*}"
    (
        case $example in cxx_*) CC=$CXX ;; esac
        compile -Wall -Wextra -Werror -o "$scratch/$example" "$@" \
            "$AURAIO_LIBRARY" -Wl,-rpath,"${AURAIO_LIBRARY%/*}"
    )
}

works() {
    compile_example "$1" &&
        runs "$scratch/$1" && { [ -z "$refuse" ] || runs "$refuse" "$scratch/$1"; }
}

# A program that runs another one to which the kernel refuses io_uring.
build_refuse() {
    compile -I"$top_srcdir/tests" -o "$scratch/refuse" -x c - <<'END'
#include "seccomp.h"
int main(int argc, char **argv)
{
    if (argc > 1 && deny((struct denial){SYS_io_uring_setup, EPERM}))
        execvp(argv[1], argv + 1);
    return 126;
}
END
}

set -- "$top_srcdir"/man/man[37]/*.[37]
if [ ! -e "$1" ]; then
    bail "no page below $top_srcdir/man"
fi
(cd "$scratch" && : >list && : >wrong && extract "$@") || exit 99
for page; do
    grep -q " $page\$" "$scratch/list" || echo "$page has no program" >>"$scratch/wrong"
done
ok "pages with programs that can be copied: $#" none "$scratch/wrong"

if [ ! -f "$AURAIO_LIBRARY" ]; then
    skip "only the static library is built" "programs"
    echo "1..$count"
    exit $failed
fi
refuse=
if build_refuse && "$scratch/refuse" true; then
    refuse=$scratch/refuse
    ok 'the programs can run without io_uring' true
else
    skip "no seccomp filters here" "the programs can run without io_uring"
fi
while read -r name page; do
    case $name,$AURAIO_CXX in
    cxx_*,no*)
        skip "C++: $AURAIO_CXX" "$name of ${page##*/}"
        ;;
    *) ok "$name of ${page##*/}" works "$name" ;;
    esac
done <"$scratch/list"
finish
