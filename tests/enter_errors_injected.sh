#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The real kernel's io_uring_enter fails now and then, as strace makes it: EINTR, EAGAIN, EBUSY or
# ENOMEM at one of the first twenty calls and at every third one. A program that moves and compares a
# thousand transfers finds nothing lost and nothing doubled. sim/sim_enter_errors has every call. Runs in the top
# build directory.
set -eu

program=tests/transfer_thousand_mixed
count=0
failed=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT

inject() {
    AURAIO_TEST_BACKEND=uring strace -qq -f -e trace=io_uring_enter \
        -e inject=io_uring_enter:error="$1":when="$2" -o "$log" "$program" 2>&1
}

if ! strace -qq -o /dev/null true 2>/dev/null; then
    echo '1..0 # SKIP strace cannot trace here'
    exit 0
fi
for error in EINTR EAGAIN EBUSY ENOMEM; do
    for when in 1 2 8 20 3+3; do
        count=$((count + 1))
        if output=$(inject $error $when) && grep -q INJECTED "$log"; then
            echo "ok $count - $error at call $when"
        else
            failed=1
            echo "not ok $count - $error at call $when"
            echo "$output" | sed 's/^/# /'
        fi
    done
done
echo "1..$count"
[ $failed -eq 0 ]
