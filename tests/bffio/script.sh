# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
#
# What the scripts beside it begin with: BFFIO and top_srcdir as absolute paths, a scratch directory that they
# are in and that is removed at the end, and the lines of TAP. Each ends with `finish`.
set -u
LC_ALL=C
export LC_ALL

: "${top_srcdir:=.}" "${BFFIO:=tools/bffio/bffio}"
case $BFFIO in /*) ;; *) BFFIO=$PWD/$BFFIO ;; esac
top_srcdir=$(cd "$top_srcdir" && pwd)
[ -x "$BFFIO" ] || {
    echo "Bail out! no $BFFIO"
    exit 99
}
scratch=$(mktemp -d "${TMPDIR:-/tmp}/bffio-XXXXXX") && cd "$scratch" || exit 99
# What a script does before that, its own in place of this one.
clean() {
    :
}
trap 'clean; cd / && rm -rf "$scratch"' EXIT
trap 'exit 99' HUP INT TERM
count=0
failed=0

# result STATUS WHAT: one numbered line; what the last run has said when it is no success.
result() {
    count=$((count + 1))
    if [ "$1" -eq 0 ]; then
        echo "ok $count - $2"
        return
    fi
    failed=1
    echo "not ok $count - $2"
    for said in out err; do
        [ -f "$said" ] && sed "s/^/# std$said: /" "$said" | tail -n 40
    done
}

# skip REASON WHAT...: a numbered line for each check that this machine cannot make.
skip() {
    reason=$1
    shift
    for what in "$@"; do
        count=$((count + 1))
        echo "ok $count - $what # SKIP $reason"
    done
}

# until_true COMMAND: waits up to two minutes for what must become true.
until_true() {
    tries=0
    until eval "$1" || [ $tries -eq 1200 ]; do
        tries=$((tries + 1))
        sleep 0.1
    done
}

# running PID: waits until that bffio knows what to do with a signal, and then for a second.
running() {
    until_true "grep -q '^SigCgt:.*[2367abef]\$' /proc/$1/status || ! kill -0 $1 2>/dev/null"
    sleep 1
}

# eventually COMMAND...: whether one of eight runs shows it. A rate, or a moment, is kept where the
# machine lets the job run: a busy one does in the end, and what is wrong is wrong each time.
eventually() {
    runs=1
    until "$@"; do
        [ $runs -lt 8 ] || return 1
        runs=$((runs + 1))
    done
}

can_trace() {
    command -v strace >/dev/null && strace -o trace true 2>/dev/null
}

finish() {
    echo "1..$count"
    exit "$failed"
}
