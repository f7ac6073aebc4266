#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# How a run of bffio goes: exit status, order of groups, signals, rates, targets. TAP on
# standard output; exit status 1 when a check failed. BFFIO is the program.
# shellcheck source=tests/bffio/script.sh
. "${top_srcdir:=.}/tests/bffio/script.sh"

# run STATUS ARGUMENT...: whether bffio ends with that status.
run() {
    wanted=$1
    shift
    timeout 300 "$BFFIO" "$@" >out 2>err
    got=$?
    [ "$got" -eq "$wanted" ] || echo "# exit status $got, not $wanted"
    [ "$got" -eq "$wanted" ]
}

# field N: of the terse line, version 3, from 1.
field() {
    tail -n 1 out | cut -d ';' -f "$1"
}

# near VALUE WANTED PERCENT
near() {
    awk "BEGIN { exit !($1 >= $2 * (1 - $3 / 100) && $1 <= $2 * (1 + $3 / 100)) }"
}

# Out of the page cache, so that rates do not depend on the disk.
file='--filename=file --size=1m --invalidate=0'

# What a busy machine may hide in one run.
# shellcheck disable=SC2086 # $file is several words
{
    keeps_iops() {
        run 0 --minimal --name=a $file --rw=randread --ioengine=$engine --iodepth=4 \
            --rate_iops=500 --time_based --runtime=2 && near "$(field 8)" 500 5
    }
    keeps_rates() {
        run 0 --minimal --name=a $file --rw=randrw --ioengine=$engine --iodepth=4 \
            --rate=1m,2m --time_based --runtime=2 &&
            near "$(field 7)" 1024 5 && near "$(field 48)" 2048 5
    }
    keeps_mean() {
        run 0 --minimal --name=a $file --rw=randread --rate_iops=500 --rate_process=poisson \
            --time_based --runtime=4 && near "$(field 8)" 500 15
    }
    thinks() {
        run 0 --minimal --name=a $file --rw=read --thinktime=10ms --thinktime_blocks=2 \
            --time_based --runtime=2 &&
            near "$(field 8)" 150 36 # 200 at most, less as far as the machine is busy
    }
    shares() {
        run 0 --minimal --name=a $file --rw=randread --flow=1 --rate_iops=0 --time_based \
            --runtime=1 --name=b $file --rw=randread --flow=3 --time_based --runtime=1 &&
            awk -F ';' 'NR == 1 { a = $6 } NR == 2 { b = $6 }
                END { exit !(b > 2.5 * a && b < 3.5 * a) }' out
    }
    ramps() {
        run 0 --minimal --name=a $file --rw=randread --ramp_time=1 --time_based --runtime=1 &&
            near "$(field 9)" 1000 5
    }
    goes_in_order() {
        run 0 --output-format=json order.fio && python3 order.py
    }
    reports_meanwhile() {
        run 0 --output-format=json --status-interval=300ms --name=a $file --rw=randread \
            --iodepth=8 --time_based --runtime=1 && [ "$(grep -c 'fio version' out)" -ge 3 ]
    }
    begin_together() {
        run 0 --output-format=json --name=a $file --rw=randread --ioengine=psync --numjobs=60 \
            --time_based --runtime=1 && python3 -c 'import json
starts = [j["job_start"] for j in json.load(open("out"))["jobs"]]
assert len(starts) == 60 and max(starts) - min(starts) <= 1, starts'
    }
    logs_bandwidth() {
        run 0 --bandwidth-log=all --name=a $file --rw=randrw --rate=1m,2m --time_based --runtime=2 &&
            awk -F ', ' '{ n++; sum += $2 } END { exit !(n >= 2 && sum / n > 500 && sum / n < 1500) }' \
                all-read_bw.log && [ -s all-write_bw.log ]
    }
    reports_no_ramp() {
        run 0 --output-format=json --status-interval=200ms --name=a $file --rw=randread \
            --ramp_time=1 --time_based --runtime=1 && python3 -c 'import json
ios = [json.loads(l)["jobs"][0]["read"]["total_ios"] for l in open("out")]
assert ios[0] == 0 and ios == sorted(ios), ios'
    }
}

# shellcheck disable=SC2086 # $file is several words
{
    run 0 --name=a $file --rw=write
    result $? 'a run that went well: 0'
    run 1 --name=a --filename=file/below --size=1m --rw=read && grep -q 'file/below' err
    result $? 'a file that cannot be: 1'
    run 1 --name=a $file --rw=sideways
    result $? 'a value that is none: 1'
    run 1 --name=a $file --rw=read --io_submit_mode=offload
    result $? 'an option that is not done is refused: 1'
    grep -q 'io_submit_mode' err
    result $? '... by name'
    run 1 --name=a $file --rw=read --max_latency=1us
    result $? 'max_latency: 1'
    run 1 --name=a $file --rw=randread --time_based --runtime=5 --rate_iops_min=90000000
    result $? 'a least rate that is not held: 1'
    run 1 --output=/dev/full --name=a $file --rw=read
    result $? 'a report that cannot be written: 1'

    # A file cut short under the job: its reads find an end.
    "$BFFIO" --name=a --filename=cut --size=1m --rw=randread --time_based --runtime=250 >out 2>err &
    pid=$!
    running $pid
    : >./cut
    wait $pid
    [ $? -eq 1 ] && grep -q 'read' err
    result $? 'an I/O error: 1, with a message'

    "$BFFIO" --minimal --name=a $file --rw=randread --time_based --runtime=250 >out 2>err &
    pid=$!
    running $pid
    kill -TERM $pid
    wait $pid
    status=$?
    [ $status -eq 128 ] && [ "$(field 6)" -gt 0 ]
    result $? 'SIGTERM: 128, with full statistics'
    timeout -s INT 10 "$BFFIO" --minimal --name=a $file --rw=randread --time_based --runtime=60 \
        --iodepth=8 --numjobs=2 --group_reporting >out 2>err
    [ "$(field 6)" -gt 0 ]
    result $? 'SIGINT twice at once, as timeout(1) sends it, is one'
    "$BFFIO" --name=a $file --rw=randread --bs=16k --rate=512 --time_based --runtime=60 >out 2>err &
    pid=$!
    running $pid
    began=$(date +%s)
    kill -TERM $pid
    wait $pid
    [ $(($(date +%s) - began)) -lt 20 ]
    result $? 'a job that sleeps for its rate is woken'

    for engine in psync io_uring; do
        eventually keeps_iops
        result $? "$engine: rate_iops within 5 %"
        eventually keeps_rates
        result $? "$engine: rates of both directions within 5 %"
    done
    eventually keeps_mean
    result $? 'rate_process=poisson keeps the mean'
    eventually thinks
    result $? 'thinktime after each two blocks'
    eventually shares
    result $? 'flow shares operations by weight'
    eventually ramps
    result $? 'the ramp is not in the runtime'

    cat >order.fio <<'EOF'
[global]
filename=file
size=1m
rw=read
[first]
runtime=1
time_based
[beside]
[second]
stonewall
[late]
startdelay=300ms
[after]
wait_for=late
EOF
    cat >order.py <<'EOF'
import json

jobs = {j["jobname"]: j for j in json.load(open("out"))["jobs"]}
start = {name: j["job_start"] for name, j in jobs.items()}
assert [jobs[n]["groupid"] for n in ("first", "beside", "second", "late", "after")] == [0, 0, 1, 1, 1]
assert abs(start["first"] - start["beside"]) < 200
assert start["second"] - start["first"] >= 1000
assert start["after"] >= start["late"]
EOF
    eventually goes_in_order
    result $? 'stonewall, wait_for and groups are in order'
    run 0 --minimal --name=a $file --rw=read --numjobs=3 --group_reporting --name=b $file --rw=read \
        --new_group
    [ "$(wc -l <out)" -eq 2 ] && [ "$(head -n 1 out | cut -d ';' -f 6)" -eq 3072 ]
    result $? 'a row for each group'
    began=$(date +%s)
    run 0 --name=a $file --rw=randread --exitall --time_based --runtime=1 --name=b $file \
        --rw=randread --time_based --runtime=200
    [ $(($(date +%s) - began)) -lt 100 ]
    result $? 'exitall'
    run 1 --name=a $file --rw=read --wait_for=a --name=b $file --rw=read --wait_for=c
    result $? 'a job that would wait for ever: 1'

    run 3 --output-format=json --name=a $file --rw=randread --target-p99=1us --time_based --runtime=4
    result $? 'a target that cannot be met: 3'
    python3 -c 'import json
a = json.load(open("out"))["jobs"][0]["auraio"]
assert a["met"] is False and a["target_ms"] == 0.001 and len(a["trace"]) > 10, a'
    result $? '... and the report says so'
    run 0 --output-format=json --name=a $file --rw=randread --target-p99=10s --time_based --runtime=2
    result $? 'a target that is met: 0'
    run 0 --output-format=json --name=a $file --rw=randread --iodepth=auto --numjobs=3 \
        --group_reporting --time_based --runtime=2
    python3 -c 'import json
j = json.load(open("out"))["jobs"]
assert len(j) == 1 and j[0]["latency_depth"] == j[0]["auraio"]["final_depth"], j'
    result $? 'iodepth=auto: one engine for the group'
    eventually reports_meanwhile
    result $? 'status-interval reports while it runs'

    # Many jobs on few CPUs: one beginning, and no more bandwidth than there was.
    eventually begin_together
    result $? 'jobs of a group begin together'
    eventually run 0 --name=a $file --rw=read --rate=1m --rate_min=1k --rate_cycle=1000 --size=3m \
        --filename=three
    result $? 'a least rate is not asked of directions the job does not have'
    began=$(date +%s)
    "$BFFIO" --name=big --rw=read --size=64g --fallocate=none --output-format=json >out 2>err &
    pid=$!
    until_true "[ -e big.0.0 ]"
    kill -INT $pid
    wait $pid
    status=$?
    [ $status -eq 128 ] && [ $(($(date +%s) - began)) -lt 200 ] && [ ! -e big.0.0 ] &&
        python3 -c 'import json; json.load(open("out"))'
    result $? 'a signal ends the laying out of files, and none is left half made'
    began=$(date +%s)
    run 1 --exitall_on_error=1 --name=t --filename=/proc/version --size=10 --bs=1 --rw=write \
        --name=u $file --rw=randread --time_based --runtime=200
    [ $(($(date +%s) - began)) -lt 100 ]
    result $? 'exitall_on_error: also of a job that cannot begin'

    echo text >kept
    run 0 --readonly --name=a --filename=kept --rw=read --bs=1 --unlink=1
    [ -f kept ] && [ "$(grep -c readonly err)" -eq 1 ]
    result $? '--readonly removes nothing, and says so'
    ln -s kept link
    run 1 --name=a --filename=link --rw=write --bs=1 --size=4 --unlink=1
    [ -L link ] && [ "$(cat kept)" = text ]
    result $? 'a link that is not followed is not removed either'
    ln -s nowhere dangling
    run 1 --name=a --filename=dangling --rw=write --size=4k && grep -q 'dangling: a symbolic link' err &&
        [ ! -e nowhere ]
    result $? 'a link to nothing makes no file'
    mkfifo pipe
    run 1 --name=a --filename=pipe --rw=read --size=4k && grep -q 'pipe: is a pipe' err
    result $? 'a pipe is not opened'
    eventually logs_bandwidth
    result $? 'the bandwidth of all jobs in a log'
    for engine in io_uring psync; do
        run 0 --name=a $file --rw=randrw --ioengine=$engine --iodepth=4 --write_bw_log=each \
            --write_iops_log=each --write_lat_log=each
        awk -F ', ' '$4 == 4096 { n[FILENAME]++ }
            END { for (name in n) good += n[name] == 256; exit good != 4 }' \
            each_bw.1.log each_iops.1.log each_clat.1.log each_lat.1.log
        result $? "without log_avg_msec each operation has its line in a log, $engine"
    done
    run 1 --readonly --name=a --filename=made --rw=read --create_on_open=1 --size=1m
    [ ! -e made ]
    result $? '--readonly makes nothing'
    (
        # shellcheck disable=SC3045 # dash has it
        ulimit -n 100
        run 0 --minimal --name=many --rw=read --nrfiles=300 --filesize=4k --size=1200k &&
            [ "$(field 6)" -eq 1200 ]
    )
    result $? 'more files than descriptors'
    (
        # shellcheck disable=SC3045 # dash has it
        ulimit -n 100
        run 0 --minimal --name=many --rw=randwrite --nrfiles=300 --openfiles=20 --filesize=8k \
            --size=2400k --verify=crc32c --iodepth=64 && [ "$(field 47)" -eq 2400 ]
    )
    result $? 'openfiles with more in flight than may be open, read back'
    rm -f many.*
    run 0 --output-format=json --name=a $file --rw=randread --iodepth=auto
    python3 -c 'import json
j = json.load(open("out"))["jobs"][0]
assert j["latency_depth"] == j["auraio"]["final_depth"], j'
    result $? 'iodepth=auto that ends before it has found anything'
    run 0 --output-format=json --name=a $file --rw=randread --iodepth=auto --time_based --runtime=1 \
        --name=b $file --rw=randread --iodepth=auto --startdelay=1300ms --time_based --runtime=1
    python3 -c 'import json
ms = [p[0] for p in json.load(open("out"))["jobs"][0]["auraio"]["trace"]]
assert ms == sorted(ms), ms'
    result $? '... and whose engine is made anew: its trace goes on'
    eventually reports_no_ramp
    result $? 'status-interval does not count the ramp'
    if can_trace; then
        strace -f -o trace -e trace=fsync "$BFFIO" --name=a --filename=synced --size=64k --rw=write \
            --ioengine=psync --fsync_on_close=1 >out 2>err
        [ "$(grep -c 'fsync(' trace)" -eq 1 ]
        result $? 'fsync_on_close syncs once'
        strace -f -o trace -e inject=fsync:error=EIO "$BFFIO" --name=a --filename=synced --size=64k \
            --rw=write --ioengine=psync --end_fsync=1 >out 2>err
        [ $? -eq 1 ]
        result $? 'an fsync that fails at the end: 1'
        strace -f -o trace -e inject=pwrite64:error=EIO:when=3 "$BFFIO" --name=a --filename=synced \
            --size=64k --rw=write --ioengine=psync --continue_on_error=all --output-format=json \
            >out 2>err
        python3 -c 'import json; assert json.load(open("out"))["jobs"][0]["error"] == 5'
        result $? 'an error that was survived is in the report'
    else
        skip 'strace is not there or not allowed' 'fsync_on_close syncs once' \
            'an fsync that fails at the end: 1' 'an error that was survived is in the report'
    fi
}

finish
