#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# However a run ends, its report is one valid JSON document without a key that comes twice, or with
# --status-interval one in each line; where it cannot be written the exit status says so. TAP.
# shellcheck source=tests/bffio/script.sh
. "${top_srcdir:=.}/tests/bffio/script.sh"

cat >judge.py <<'EOF'
import json
import sys


def once(pairs):
    keys = [key for key, _ in pairs]
    assert len(keys) == len(set(keys)), "twice: %s" % sorted(k for k in keys if keys.count(k) > 1)
    return dict(pairs)


def document(text):
    return json.loads(text, object_pairs_hook=once)


with open("out", encoding="utf-8") as file:
    report = file.read()
form, expression = sys.argv[1:]
documents = [document(text) for text in (report.splitlines() if form == "lines" else [report])]
d = documents[-1]
names = {"d": d, "n": len(documents), "j": {job["jobname"]: job for job in d["jobs"]}, "len": len}
assert eval(expression, names), expression
EOF

# judged FORM EXPRESSION: whether stdout holds one document, or lines of documents, of which the
# last one (d, its jobs by name j, n documents) is so.
judged() {
    python3 judge.py "$@" 2>why || {
        sed 's/^/# /' why
        return 1
    }
}

# interrupted SIGNAL ARGUMENT...: whether bffio, told to end a second after it can be, ends with 128.
interrupted() {
    signal=$1
    shift
    "$BFFIO" --output-format=json "$@" >out 2>err &
    pid=$!
    running $pid
    kill -s "$signal" $pid
    wait $pid
    [ $? -eq 128 ]
}

# ends STATUS ARGUMENT...: whether bffio ends with that status.
ends() {
    wanted=$1
    shift
    "$BFFIO" --output-format=json "$@" >out 2>err
    [ $? -eq "$wanted" ]
}

head -c 1m /dev/zero >file
endless='--filename=file --size=1m --rw=randread --time_based --runtime=60'
short='--filename=file --rw=read --ioengine=psync'
# shellcheck disable=SC2086 # $endless and $short are several words
{
    interrupted INT --name=a $endless && judged one 'j["a"]["read"]["total_ios"] > 0'
    result $? 'SIGINT'
    interrupted TERM --name=a $endless --ioengine=libaio --iodepth=16 --numjobs=3 &&
        judged one 'len(d["jobs"]) == 3'
    result $? 'SIGTERM, three jobs at depth 16'
    interrupted INT --name=a $endless --status-interval=50ms --numjobs=2 && judged lines 'n >= 3'
    result $? 'SIGINT beside --status-interval'
    interrupted INT --output-format=json+ --status-interval=50ms --name=a $endless --iodepth=auto &&
        judged lines 'n >= 3 and "bins" in j["a"]["read"]["clat_ns"]'
    result $? 'SIGINT beside --status-interval, json+, looking for the depth'
    interrupted INT --name=a $endless --name=b $endless --stonewall --name=c $endless --stonewall &&
        judged one '[j[n]["groupid"] for n in j] == [0, 1, 2] and j["a"]["read"]["total_ios"] > 0' &&
        judged one 'j["b"]["read"]["total_ios"] == 0 and j["c"]["read"]["total_ios"] == 0'
    result $? 'SIGINT in the first of three groups'
    interrupted INT --name=a $endless --ramp_time=30 &&
        judged one 'j["a"]["read"]["total_ios"] > 0 and j["a"]["read"]["clat_ns"]["N"] == 0'
    result $? 'SIGINT inside the ramp'
    interrupted INT --name=a $endless --startdelay=30 && judged one 'j["a"]["read"]["total_ios"] == 0'
    result $? 'SIGINT before the start'
    interrupted TERM --name=a $endless --rate_iops=1 && judged one 'j["a"]["error"] == 0'
    result $? 'SIGTERM in a job that sleeps'
    interrupted INT --name=a $endless --target-p99=2ms --numjobs=2 --group_reporting &&
        judged one 'len(d["jobs"]) == 1'
    result $? 'SIGINT while a target is kept'

    # One job of three fails: in its beginning, in its middle.
    ends 1 --name=a $short --name=b --filename=file/below --size=64k --rw=read --name=c $short &&
        judged one 'j["b"]["error"] == 20 and j["a"]["error"] == j["c"]["error"] == 0' &&
        judged one 'j["c"]["read"]["total_ios"] == 256'
    result $? 'a job of three that cannot begin'
    if can_trace; then
        strace -f -o trace -e inject=pwrite64:error=EIO:when=3 "$BFFIO" --output-format=json \
            --name=a $short --name=b --filename=w --size=64k --rw=write --ioengine=psync \
            --name=c $short >out 2>err
        [ $? -eq 1 ] && judged one 'j["b"]["error"] == 5 and j["b"]["write"]["total_ios"] == 3' &&
            judged one 'j["b"]["write"]["io_bytes"] == 8192 and j["c"]["read"]["total_ios"] == 256'
        result $? 'an I/O error in a job of three'
        grep -q 'b: io_u error on file w: .*write offset=8192' err
        result $? '... with job, file and place on stderr'
    else
        skip 'strace is not there or not allowed' 'an I/O error in a job of three' \
            '... with job, file and place on stderr'
    fi

    "$BFFIO" --output-format=json --name=a $short >/dev/full 2>err
    [ $? -eq 1 ] && grep -q 'standard output' err
    result $? 'stdout that is full: 1, with a message'
    "$BFFIO" --output-format=json --status-interval=50ms --name=a $endless >/dev/full 2>err &
    pid=$!
    running $pid
    kill -s INT $pid
    wait $pid
    [ $? -eq 1 ] && [ "$(grep -c 'standard output' err)" -eq 1 ]
    result $? '... also with reports in between and a signal; told once'

    # What could come twice, or end a string.
    ends 0 --name='a"b\c' --description="$(printf 'tab\there, "quotes" and \351')" $short &&
        judged one 'len(d["jobs"]) == 1 and d["jobs"][0]["jobname"][1] == chr(34)'
    result $? 'names and remarks of any bytes'
    ends 0 --name=a $short --bs=4k --bs=8k --bs=8192 && judged one 'j["a"]["job options"]["bs"] == "8192"'
    result $? 'an option that is given several times is one key'
    ends 0 --name=a $short --percentile_list=50:50.000000001:99 &&
        judged one 'len(j["a"]["read"]["clat_ns"]["percentile"]) == 2'
    result $? 'percentiles that are printed alike are one key'
    ends 0 --name=a $short --name=a $short && judged one 'len(d["jobs"]) == 2'
    result $? 'two jobs of one name'
}

finish
