#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# auraio-info tells which backend there is, why, and what to do about it; its page and its help
# name the same options. Runs in the top build directory.
# shellcheck source=tests/tap.sh
. "${top_srcdir:=.}/tests/tap.sh"
set -e

: "${INFO:=tools/auraio-info/auraio-info}"
page=$top_srcdir/man/man1/auraio-info.1
deny=tests/deny_call

eperm=1
enomem=12
enosys=38

# ends STATUS COMMAND...: its output goes to $scratch/out and $scratch/err
ends() {
    wanted=$1
    shift
    status=0
    "$@" >"$scratch/out" 2>"$scratch/err" || status=$?
    cat "$scratch/err"
    echo "exit status $status, wanted $wanted"
    [ "$status" = "$wanted" ]
}

says() {
    cat "$scratch/out"
    grep -q -e "$1" "$scratch/out"
}

# json EXPRESSION: holds of the object d on standard output
json() {
    python3 -c '
import json, sys
d = json.load(open(sys.argv[1]))
print(json.dumps(d, indent=1))
sys.exit(not eval(sys.argv[2]))' "$scratch/out" "$1"
}

uring_is_here() {
    ends 0 "$INFO" && says '^  backend  *io_uring$' && says '^  OP_READ  *yes' &&
        ends 0 "$INFO" --json &&
        json 'd["backend"] == "io_uring" and d["errno"] == 0 and d["reason"] == ""' &&
        json 'd["features"]["OP_READ"] is True and d["process"]["processors"] > 0'
}

# refused CALL ERRNO WORDS
refused() {
    ends 1 "$deny" "$1" "$2" "$INFO" && says '^  backend  *threads$' && says "$3" &&
        ends 1 "$deny" "$1" "$2" "$INFO" --json &&
        json "d['backend'] == 'threads' and d['errno'] == $2 and d['reason'] != ''" &&
        json 'd["process"]["seccomp"] == 2 and len(d["remedies"]) > 0'
}

names_filter() {
    refused "$1" "$eperm" 'let its profile allow io_uring_setup' &&
        json "d['reason'].startswith('$1: ')"
}

low_limits() {
    # shellcheck disable=SC2016 # the inner shell expands it
    ends 0 sh -c 'ulimit -n 64 && exec "$1"' sh "$INFO" && says 'ulimit -n'
}

same_options() {
    "$INFO" --help | sed -n 's/^  -[a-zA-Z], \(--[a-z]*\).*/\1/p' | sort >"$scratch/helped"
    sed -n '/^\.SH OPTIONS/,/^\.SH EXIT/s/^\.BR .*" \\-\\-\([a-z]*\)$/--\1/p' "$page" |
        sort >"$scratch/documented"
    [ -s "$scratch/helped" ] && diff "$scratch/helped" "$scratch/documented"
}

one_line() {
    ends 2 "$@" && [ "$(wc -l <"$scratch/err")" = 1 ] && [ ! -s "$scratch/out" ]
}

no_room() {
    status=0
    "$INFO" "$@" >/dev/full 2>"$scratch/err" || status=$?
    cat "$scratch/err"
    [ "$status" = 2 ] && [ "$(wc -l <"$scratch/err")" = 1 ]
}

version() {
    "$INFO" --version | grep -x 'auraio-info [0-9]*\.[0-9]*\.[0-9]*'
}

if "$INFO" >/dev/null 2>&1; then
    ok 'io_uring is used and told' uring_is_here
    ok 'few descriptors are told' low_limits
else
    echo "ok $((count += 1)) # skip io_uring is refused here"
    echo "ok $((count += 1)) # skip io_uring is refused here"
fi
ok 'a filter on io_uring_setup is named' names_filter io_uring_setup
ok 'a filter on io_uring_enter is named' names_filter io_uring_enter
ok 'a filter on io_uring_register is named' names_filter io_uring_register
ok 'a filter that plays an old kernel is named' refused io_uring_setup $enosys 'seccomp filter is active'
ok 'locked memory that runs out is named' refused io_uring_setup $enomem 'raise RLIMIT_MEMLOCK'
ok 'help and page name the same options' same_options
ok 'an unknown option is refused' one_line "$INFO" --unknown
ok 'an argument is refused' one_line "$INFO" argument
ok 'text that cannot be written is an error' no_room
ok 'JSON that cannot be written is an error' no_room --json
ok 'help that cannot be written is an error' no_room --help
ok 'the version is told' version
finish
