#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The real kernel's io_uring_enter fails now and then, as strace makes it: EINTR, EAGAIN, EBUSY or
# ENOMEM at one of the first twenty calls and at every third one. A program that moves and compares a
# thousand transfers finds nothing lost and nothing doubled. sim/sim_enter_errors has every call. Runs in the top
# build directory.
# shellcheck source=tests/tap.sh
. "${top_srcdir:=.}/tests/tap.sh"
set -e

program=tests/transfer_thousand_mixed
log=$scratch/log

bears() {
    AURAIO_TEST_BACKEND=uring strace -qq -f -e trace=io_uring_enter \
        -e inject=io_uring_enter:error="$1":when="$2" -o "$log" "$program" && grep -q INJECTED "$log"
}

if ! strace -qq -o /dev/null true 2>/dev/null; then
    skip_all 'strace cannot trace here'
fi
for error in EINTR EAGAIN EBUSY ENOMEM; do
    for when in 1 2 8 20 3+3; do
        ok "$error at call $when" bears $error $when
    done
done
finish
