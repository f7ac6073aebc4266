#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# No option of --cmdhelp is taken and forgotten: each one stands in a case of cases/*.ini, in
# another script, or below, where its effect is looked for, where it is told to be ignored, or
# where only the value that changes nothing is taken. TAP.
# shellcheck source=tests/bffio/script.sh
. "${top_srcdir:=.}/tests/bffio/script.sh"

# run ARGUMENT...: reads of a file of 1 MiB, as JSON.
run() {
    timeout 300 "$BFFIO" --output-format=json --name=a --filename=file --size=1m --invalidate=0 \
        --ioengine=psync "$@" >out 2>err
}

# that EXPRESSION: of Python, about the first job j.
that() {
    python3 -c 'import json, sys
j = (json.load(open("out"))["jobs"] or [None])[0]
sys.exit(0 if eval(sys.argv[1]) else 1)' "$1"
}

# while_running ARGUMENT...: bffio beside the command in $look, whether that comes true.
while_running() {
    "$BFFIO" --name=a --filename=file --size=1m --invalidate=0 --ioengine=psync --rw=randread \
        --time_based --runtime=250 --rate_iops=100 "$@" >out 2>err &
    pid=$!
    until_true "$look"
    eval "$look"
    status=$?
    running $pid
    kill $pid
    wait $pid
    return $status
}

ignored='clocksource=cpu disk_util=0 fadvise_hint=1 ioscheduler=none log_entries=8
    softrandommap=1
    unique_filename=1 userspace_reap verify_state_save=1 verifysort=0 verify_async=2'
neutral='dedupe_mode=repeat:working_set io_submit_mode=inline:offload lockfile=none:exclusive
    mem=malloc:mmap write_hint=none:short zonemode=none:zbd'
# No machine of the tests has what these need: a file system with atomic writes, one that loses
# what is not synchronized. significant_figures takes nothing but 4.
elsewhere='atomic create_fsync significant_figures'

# In a case or in one of the scripts, by its name or its alias.
tests=$top_srcdir/tests/bffio
not_looked_at() {
    "$BFFIO" --cmdhelp | sed -n 's/^\([a-z][a-z0-9_-]*\) *:.*/\1/p' | while read -r option; do
        alias=$("$BFFIO" --cmdhelp="$option" | sed -n 's/^ *alias: //p')
        grep -qwE -e "$option${alias:+|$alias}" "$tests"/cases/*.ini "$tests"/run_behaviour.sh \
            "$tests"/options_honoured.sh "$tests"/block_devices.sh || echo "$option"
    done
}
missing=$(not_looked_at)
[ -z "$missing" ]
result $? "every option is looked at${missing:+, but for} $missing"
echo "# not on this machine: $elsewhere"

run --rw=write
result $? 'a file'
for option in $ignored; do
    run "--$option" && grep -q "${option%%=*}: ignored" err
    result $? "$option is told to be ignored"
done
for option in $neutral; do
    name=${option%%=*}
    values=${option#*=}
    run "--$name=${values%%:*}" && ! run "--$name=${values##*:}" && grep -q "$name: .*valid" err
    result $? "$name: only ${values%%:*}"
done

samples_as_asked() {
    run --rw=randread --bwavgtime=100 --iopsavgtime=200 --time_based --runtime=1 &&
        that 'j["read"]["bw_samples"] >= 7 and 3 <= j["read"]["iops_samples"] <= 6'
}
eventually samples_as_asked
result $? 'bwavgtime, iopsavgtime'
run --disable_lat=1 && that 'j["read"]["lat_ns"]["N"] == 0 and j["read"]["clat_ns"]["N"] > 0'
result $? 'disable_lat'
run --stats=0 && that 'j is None'
result $? 'stats=0 leaves the job out'
run --unit_base=1 --kb_base=1000 --output-format=normal && grep -q 'BW=.*bit/s' out
result $? 'unit_base'
run --latency_run=1
result $? 'latency_run=1, as always'
run --rw=write --verify=md5 --verify_backlog=16 --verify_backlog_batch=4 && that 'j["read"]["total_ios"] == 256'
result $? 'verify_backlog_batch'
run --rw=write --verify=md5 --do_verify=0 && run --rw=write --verify=md5 --verify_only \
    --verify_write_sequence=1 && that 'j["read"]["total_ios"] == 256'
result $? 'verify_write_sequence'
run --rw=write --buffer_compress_percentage=50 --buffer_compress_chunk=1024 &&
    dd if=file bs=512 skip=1 count=1 2>/dev/null | cmp -s -n 512 - /dev/zero
result $? 'buffer_compress_chunk'
run --rw=write --dedupe_percentage=100 && dd if=file bs=512 count=1 2>/dev/null >one &&
    dd if=file bs=512 skip=1000 count=1 2>/dev/null | cmp -s - one
result $? 'dedupe_percentage'

# What the kernel is asked for.
# shellcheck disable=SC2016 # eval in while_running expands it
look='grep -qs "^flags:.*4[0-9]\{4\}$" /proc/$pid/fdinfo/*'
while_running --buffered=0
result $? 'buffered=0 is O_DIRECT'
# shellcheck disable=SC2016
look='cat /proc/$pid/task/*/status | grep -q "^Cpus_allowed_list:[^0-9]*0$"'
while_running --cpumask=1
result $? 'cpumask'
while_running --cpus_allowed=0 --cpus_allowed_policy=split
result $? 'cpus_allowed_policy'
if can_trace; then
    strace -f -o trace "$BFFIO" --name=a --filename=file --size=64k --ioengine=pvsync2 --nowait=1 \
        --hipri=0 --mem_align=64k >out 2>err
    grep -q 'preadv2.*RWF_NOWAIT' trace && grep -qE 'iov_base=.*' trace
    result $? 'nowait'
    strace -f -o trace "$BFFIO" --name=a --filename=file --size=64k --ioengine=io_uring \
        --sqthread_poll --fixedbufs --registerfiles >out 2>err
    grep -q IORING_SETUP_SQPOLL trace && grep -q IORING_REGISTER_BUFFERS trace &&
        grep -q IORING_REGISTER_FILES trace
    result $? 'sqthread_poll, fixedbufs, registerfiles'
else
    skip 'strace is not there or not allowed' 'nowait' 'sqthread_poll, fixedbufs, registerfiles'
fi

# Places.
for n in 1 2; do
    run --rw=randread --randrepeat=0 --allrandrepeat=1 --write_lat_log=o$n --log_offset=1
    cut -d , -f 5 o${n}_lat.1.log >places$n
done
cmp -s places1 places2
result $? 'allrandrepeat, log_offset'
run --offset=30% --offset_align=64k --io_size=4k --write_lat_log=p --log_offset=1
[ "$(cut -d , -f 5 p_lat.1.log)" -eq 327680 ]
result $? 'offset_align'

# Logs.
run --prio=3 --prioclass=2 --log_prio=1 --log_unix_epoch=1 --write_lat_log=q --io_size=4k
grep -q '^[0-9]\{13\},.*0x4003$' q_lat.1.log
result $? 'log_prio, log_unix_epoch'
run --rw=randread --time_based --runtime=1 --log_avg_msec=500 --write_lat_log=mean
run --rw=randread --time_based --runtime=1 --log_avg_msec=500 --log_max_value=1 --write_lat_log=most
[ "$(sed -n '1s/^[0-9]*, \([0-9]*\),.*/\1/p' most_lat.1.log)" -gt \
    "$(sed -n '1s/^[0-9]*, \([0-9]*\),.*/\1/p' mean_lat.1.log)" ]
result $? 'log_max_value'
for coarse in 0 1; do
    run --log_hist_msec=500 --log_hist_coarseness=$coarse --write_hist_log=h$coarse \
        --rw=randread --time_based --runtime=1
    head -n 1 h${coarse}_clat_hist.1.log | tr ',' '\n' | wc -l >columns$coarse
done
[ "$(($(cat columns0) - 3))" -eq $((2 * ($(cat columns1) - 3))) ]
result $? 'log_hist_coarseness'

# Pace.
eventually run --rw=randread --rate=400k --rate_min=200k --rate_cycle=1000 --time_based --runtime=3
result $? 'rate_min that is held'
run --rw=randread --thinktime=5ms --rate_min=100m --rate_cycle=500 --time_based --runtime=5
[ $? -eq 1 ] && grep -q rate_min err
result $? 'rate_min that is not held, by rate_cycle'
# Beside other work a spinning job has little of the CPU, but a sleeping one next to none.
spins() {
    run --rw=randread --thinktime=20ms --thinktime_spin=20ms --time_based --runtime=1 || return
    cpu='j["usr_cpu"] + j["sys_cpu"]'
    spinning=$(python3 -c 'import json; j = json.load(open("out"))["jobs"][0]; print('"$cpu"')')
    run --rw=randread --thinktime=20ms --time_based --runtime=1 && that "$spinning > 2 * ($cpu)"
}
eventually spins
result $? 'thinktime_spin'
thinks_by_time() {
    run --rw=randread --thinktime=300ms --thinktime_iotime=100ms --thinktime_blocks_type=issue \
        --rate_iops=1000 --rate_ignore_thinktime=1 --time_based --runtime=2 &&
        that '100 < j["read"]["total_ios"] < 1000'
}
eventually thinks_by_time
result $? 'thinktime_iotime'
run --rw=randread --rate_iops=200 --thinktime=20ms --thinktime_blocks=10 --time_based --runtime=2 \
    --rate_ignore_thinktime=1 && that 'j["read"]["iops"] < 170'
result $? 'rate_ignore_thinktime'
run --rw=randread --steadystate=iops:100% --steadystate_duration=2 --steadystate_ramp_time=1 \
    --time_based --runtime=30 --rate_iops=100 && that '2500 <= j["job_runtime"] < 28000'
result $? 'steadystate_ramp_time'

# Errors.
"$BFFIO" --name=a --filename=cut --size=1m --rw=randread --invalidate=0 --ioengine=psync \
    --time_based --runtime=10 --rate_iops=100 --continue_on_error=io --error_dump=1 >out 2>err &
pid=$!
running $pid
: >./cut
wait $pid
[ "$(grep -c 'io_u error' err)" -gt 1 ]
result $? 'error_dump'
began=$(date +%s)
run --exitall --exit_what=all --rw=read --name=b --filename=file --size=1m --stonewall --rw=randread \
    --time_based --runtime=200
[ $(($(date +%s) - began)) -lt 100 ]
result $? 'exit_what=all'

finish
