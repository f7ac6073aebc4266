#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Runs bench/adaptive_value for a moment on a device of each kind, and kills it in the middle:
# nothing of a device is left, no mount, no loop device, no cgroup, no file. TAP on standard
# output; exit status 1 when a check failed. AURAIO_BENCH is the directory of the built programs.
# shellcheck source=tests/tap.sh
. "${top_srcdir:=.}/tests/tap.sh"

bench=$(cd "${AURAIO_BENCH:-build/bench}" 2>/dev/null && pwd) || {
    bail "no directory ${AURAIO_BENCH:-build/bench}"
}
if [ ! -x "$bench/adaptive_value" ]; then
    skip_all 'not built: fuse3 was not found'
fi
cd "$scratch" || exit 99
TMPDIR=$scratch
export TMPDIR

# adaptive SIGNAL SECONDS ARGUMENT...: ended by the signal after so long; leaves its number in pid.
adaptive() {
    signal=$1
    seconds=$2
    shift 2
    # shellcheck disable=SC2016 # the inner shell's
    timeout -s "$signal" "$seconds" sh -c 'echo $$ >pid; exec "$@"' sh \
        "$bench/adaptive_value" "$@" >out 2>err
}

# left_over: what the last run has not taken away.
left_over() {
    grep -F "$scratch" /proc/mounts
    find /sys/fs/cgroup -maxdepth 4 -name "auraio-throttle-$(cat pid)" 2>/dev/null
    grep -l "auraio-throttle-$(cat pid)" /sys/block/loop*/loop/backing_file 2>/dev/null
    find . -name 'simdisk-*' -o -name 'adaptive-disk-*'
}

# is_clean WHAT: within ten seconds.
is_clean() {
    for _ in 0 1 2 3 4 5 6 7 8 9; do
        [ -n "$(left_over)" ] || break
        sleep 1
    done
    left_over >err
    [ ! -s err ]
    result $? "$1"
}

# lasting DEVICE: it runs to its end; a device that is not to be had here tells why.
lasting() {
    adaptive KILL 60 --quick --duration .6 "$1"
    result $? "adaptive_value on $1"
    ratio='[0-9.]+ \| [0-9.]+ \| [0-9.]+'
    cells="[0-9]+( \\([0-9]+ %\\))? \\| [0-9]+ \\| [0-9]+ \\| (AIMD|KNEE) \\| $ratio \\| .* of [0-9]+"
    lines=$(grep -Ec "^\| .* \| ($cells|left out: .*) \|\$" out)
    [ "$lines" -eq $((2 - $(grep -c '^|.*left out' out))) ]
    result $? "... a line for each law, or why not"
    is_clean '... and nothing is left'
}

# killed SIGNAL DEVICE WORD: in the middle of a run, once it has said that word.
killed() {
    # shellcheck disable=SC2016 # the inner shell's
    timeout 60 sh -c 'echo $$ >pid; exec "$@"' sh \
        "$bench/adaptive_value" --rounds 9 "$2" >out 2>err &
    group=$!
    until grep -q "$3" err || ! kill -0 $group 2>/dev/null; do
        sleep .1
    done
    kill -s "$1" -- "-$group" 2>/dev/null
    wait $group
    status=$?
    if grep -q '^|.*left out' out; then
        result 0 "$2 is left out here: there is nothing to kill"
    else
        [ $status -ne 0 ] && grep -q "$3" err
        result $? "killed by $1 on $2"
    fi
    is_clean '... nothing is left'
}

for device in simdisk-4-500us loop-20000 disk; do
    lasting "$device"
done
for signal in INT TERM KILL; do
    killed "$signal" simdisk-16-5ms simdisk
    killed "$signal" loop-2000 loop
    killed "$signal" disk disk
done
adaptive KILL 10 nonsense
[ $? -eq 2 ]
result $? 'a device that is none is refused'
finish
