# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
#
# What the scripts beside it begin with: those of tap.sh, that they are in the scratch directory, and
# BFFIO as an absolute path.
# shellcheck source=tests/tap.sh
. "${top_srcdir:=.}/tests/tap.sh"

: "${BFFIO:=tools/bffio/bffio}"
case $BFFIO in /*) ;; *) BFFIO=$PWD/$BFFIO ;; esac
[ -x "$BFFIO" ] || bail "no $BFFIO"
cd "$scratch" || exit 99

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
