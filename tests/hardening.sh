#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What the libraries and programs of the build are hardened with: the dynamic section and the program
# headers as readelf tells them, calls of checking functions, and whether the flags stay when
# somebody overrides CFLAGS. Runs in the top build directory.
# shellcheck source=tests/tap.sh
. "${top_srcdir:=.}/tests/tap.sh"
set -e

# The value that make has for a variable
value() {
    sed -n "s/^$1 = //p" Makefile
}

# Where libraries are installed: of this and of the build's own the linker may be told
installed() {
    # shellcheck disable=SC2034 # libdir names it
    prefix=$(value prefix)
    # shellcheck disable=SC2034
    exec_prefix=$(eval "echo $(value exec_prefix)")
    eval "echo $(value libdir)"
}

# Where whoever configured the build wants libraries to be looked for, one a line
asked_for() {
    value LDFLAGS | tr ' ,' '[\n*]' | sed -n -e 's/^-*rpath=//p' -e '/^-*rpath$/{n;p;}' | tr ':' '\n'
}

# The directories of the file's run path, one a line
run_path() {
    sed -n 's/.*R\(UN\)\{0,1\}PATH.*\[\(.*\)\].*/\2/p' "$1" | tr ':' '\n'
}

# Tells whatever is wrong with the file
lacks_nothing() {
    readelf -W -l -d "$1" >"$scratch/elf"
    wrong=
    grep -q GNU_RELRO "$scratch/elf" || wrong="$wrong; no RELRO"
    grep -q 'BIND_NOW\|FLAGS_1.*NOW' "$scratch/elf" || wrong="$wrong; binds lazily"
    grep -q 'GNU_STACK.*RW ' "$scratch/elf" || wrong="$wrong; an executable stack"
    grep -q 'LOAD.*RWE' "$scratch/elf" && wrong="$wrong; a segment both to be written and run"
    grep -q TEXTREL "$scratch/elf" && wrong="$wrong; relocations in its code"
    # Until it is installed, a library of the build finds another one so.
    run_path "$scratch/elf" |
        grep -v -x -F -f "$scratch/asked" -e "$(installed)" -e "$PWD/lib/.libs" && wrong="$wrong; a run path"
    [ -z "$wrong" ] || echo "$1$wrong"
    [ -z "$wrong" ]
}

is_position_independent() {
    readelf -W -h -d "$1" | grep -q 'FLAGS_1.*PIE'
}

# imports FILE PATTERN
imports() {
    readelf -W --dyn-syms "$1" | grep -q "UND.*$2"
}

has_feature() {
    readelf -W -n "$1" | grep 'x86 feature:' | grep -q "$2"
}

# The file that libtool made, whether or not a script stands in for it
built() {
    if [ -f "$(dirname "$1")/.libs/$(basename "$1")" ]; then
        echo "$(dirname "$1")/.libs/$(basename "$1")"
    else
        echo "$1"
    fi
}

flags=$(value HARDENING_CFLAGS)
if [ -z "$flags" ]; then
    skip_all 'configured with --disable-hardening'
fi
asked_for >"$scratch/asked"
for name in lib/libauraio.so exporters/libauraio-prom.so tools/bffio/bffio tools/auraio-info/auraio-info \
    tools/auraio-top/auraio-top exporters/prom/auraio-prom; do
    file=$(built $name)
    [ -f "$file" ] || continue
    ok "$name: RELRO, bound at the start, no executable stack, no run path" lacks_nothing "$file"
    case $name in
    *.so) ;;
    *) ok "$name: position independent" is_position_independent "$file" ;;
    esac
    case $name:$flags in
    exporters/libauraio-prom.so:*) ;; # has no array on its stack
    *:*-fstack-protector-strong*)
        ok "$name: checks its stack" imports "$file" __stack_chk_fail
        ;;
    esac
    case $flags in
    *-D_FORTIFY_SOURCE*) ok "$name: calls fortified functions" imports "$file" '__[a-z]*_chk' ;;
    esac
done
# The linker keeps the mark only where the C library's own objects have it.
case $(uname -m):$flags in
x86_64:*-fcf-protection*)
    object=lib/.libs/libauraio_core_la-log.o
    ok "$object: marks where calls may land, and shadows returns" has_feature "$object" 'IBT, SHSTK'
    ;;
esac

# What would be run for one object with other CFLAGS
make -n V=1 CFLAGS=-O1 -W "$(value top_srcdir)/lib/log.c" lib/libauraio_core_la-log.lo >"$scratch/commands" 2>&1 || :
for flag in $flags; do
    ok "$flag stays with CFLAGS of others" grep -q -e " $flag " "$scratch/commands"
done
finish
