#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# bffio on block devices and on file systems that are full: sizes, trims, what is refused, exit
# status and messages. The devices are files of the scratch directory behind losetup(8), the file
# systems are mounted there. TAP; skipped where that is not allowed.
# shellcheck source=tests/bffio/script.sh
. "${top_srcdir:=.}/tests/bffio/script.sh"

device=
mkdir mount
clean() {
    umount mount 2>/dev/null
    [ -z "$device" ] || losetup -d "$device"
}

# attach SIZE OPTION...: $device is a new device of so many bytes.
attach() {
    [ -z "$device" ] || losetup -d "$device"
    size=$1
    shift
    rm -f image
    truncate -s "$size" image
    device=$(losetup "$@" --find --show image 2>err)
}

# run STATUS ARGUMENT...: whether bffio ends with that status, with one JSON document.
run() {
    wanted=$1
    shift
    timeout 300 "$BFFIO" --output-format=json --name=a --ioengine=psync --bs=64k "$@" >out 2>err
    got=$?
    [ "$got" -eq "$wanted" ] || echo "# exit status $got, not $wanted"
    [ "$got" -eq "$wanted" ]
}

# that EXPRESSION: of Python, about the first job j.
that() {
    python3 -c 'import json, sys
j = json.load(open("out"))["jobs"][0]
sys.exit(0 if eval(sys.argv[1]) else 1)' "$1"
}

# says TEXT: a line of stderr names the file and this.
says() {
    grep -q "$1" err
}

attach 8m || {
    echo "1..0 # SKIP losetup: $(head -n 1 err)"
    exit 77
}

run 0 --filename="$device" --rw=read && that 'j["read"]["total_ios"] == 128 and j["error"] == 0'
result $? 'without a size all of the device is read'
run 0 --filename="$device" --rw=randwrite --size=50% && that 'j["write"]["total_ios"] == 64'
result $? 'size in percent is of the device'
run 0 --filename="$device" --rw=read --offset=4m && that 'j["read"]["total_ios"] == 64'
result $? 'an offset leaves the rest'
run 0 --filename="$device" --rw=randread --direct=1 --ioengine=libaio --iodepth=8 &&
    that 'j["read"]["total_ios"] == 128'
result $? 'O_DIRECT at depth 8'

run 0 --filename="$device" --rw=write --size=16m && that 'j["write"]["total_ios"] == 128' &&
    says "$device: the device has 8388608 bytes; size and offset ask for 16777216"
result $? 'a device that is too small: what there is, as fio, and a line that says so'
run 0 --filename="$device" --rw=randread --size=8m --offset=4m && that 'j["read"]["total_ios"] == 64' &&
    says 'ask for 12582912'
result $? '... also behind an offset'
run 1 --filename="$device" --rw=read --offset=9m && says "$device: offset 9437184 is behind the end" &&
    that 'j["error"] == 22'
result $? 'an offset behind the end: 1'
printf '[global]\nbs=16m\n[big]\nrw=read\nfilename=%s\n' "$device" >job.fio
"$BFFIO" job.fio >out 2>err
[ $? -eq 1 ] && says 'job.fio:3: big: bs: 16777216 is larger'
result $? 'a block that is larger than the device: 1, with file and line'

for rw in trim randtrim; do
    dd if=/dev/urandom of="$device" bs=1M count=8 2>/dev/null
    run 0 --filename="$device" --rw=$rw &&
        that 'j["trim"]["total_ios"] == 128 and j["trim"]["io_bytes"] == 8 << 20' &&
        that 'j["write"]["total_ios"] == 0' && head -c 8m /dev/zero | cmp -s - image
    result $? "rw=$rw discards all of it"
done
run 0 --filename="$device" --rw=randtrim --ioengine=libaio --iodepth=8 &&
    that 'j["trim"]["total_ios"] == 128 and j["trim"]["clat_ns"]["N"] == 128'
result $? 'trims of an asynchronous engine'
run 0 --filename="$device" --rw=trimwrite &&
    that 'j["trim"]["total_ios"] == 128 and j["write"]["total_ios"] == 128'
result $? 'rw=trimwrite discards and writes each block'
run 0 --filename="$device" --rw=write --verify=crc32c && that 'j["read"]["total_ios"] == 128'
result $? 'what was written is read back'
run 0 --filename="$device" --rw=write --unlink=1 --unlink_each_loop=1 --loops=2 && [ -b "$device" ]
result $? 'a device is never removed'
run 0 --filename="$device" --rw=write --fill_device=1 && that 'j["write"]["total_ios"] == 128'
result $? 'fill_device ends with the device'
before=$(cksum <image)
run 1 --readonly --filename="$device" --rw=write && says 'rw: .*--readonly' &&
    [ "$(cksum <image)" = "$before" ]
result $? 'nothing is written with --readonly'

# A device that takes no writes.
attach 8m --read-only
run 0 --filename="$device" --rw=read && that 'j["read"]["total_ios"] == 128'
result $? 'a read-only device is read'
for rw in write trim; do
    run 1 --filename="$device" --rw=$rw && says "$device.*\(not permitted\|Read-only\)" &&
        that 'j["error"] != 0 and j["write"]["io_bytes"] + j["trim"]["io_bytes"] == 0'
    result $? "a read-only device, rw=$rw: 1, with a message"
done
attach 0
run 1 --filename="$device" --rw=read && says size
result $? 'a device of no bytes: 1'

# A device that is mounted, and a full file system on it.
attach 8m
if mkfs.ext4 -q "$device" 2>err && mount "$device" mount 2>err; then
    for rw in write randrw trim; do
        run 1 --filename="$device" --rw=$rw --size=64k --offset=7m && says "$device: is mounted" &&
            says allow_mounted_write && that 'j["error"] == 16'
        result $? "a mounted device, rw=$rw: 1, and the option that allows it"
    done
    run 0 --filename="$device" --rw=read && that 'j["read"]["total_ios"] == 128'
    result $? 'a mounted device is read'
    run 0 --filename="$device" --rw=write --size=64k --offset=7m --allow_mounted_write=1
    result $? 'allow_mounted_write'
    run 1 --filename=mount/f --rw=read --size=16m && says 'mount/f: layout: No space' &&
        that 'j["error"] == 28' && [ ! -e mount/f ]
    result $? 'a file system without room for the file: 1, and none that looks whole is left'
    umount mount
else
    skip "$(head -n 1 err)" 'a mounted device' 'allow_mounted_write' \
        'a file system without room for the file'
fi

if mount -t tmpfs -o size=1m none mount 2>err; then
    # full WHAT STATUS ARGUMENT...: writes of 64 KiB where there is room for 16.
    full() {
        what=$1
        shift
        rm -f mount/*
        run "$@" --filename=mount/f --rw=write &&
            that 'j["write"]["total_ios"] == 17 and j["write"]["io_bytes"] == 1 << 20'
        result $? "$what"
    }
    full 'no room: 1' 1 --size=4m
    says 'mount/f: No space left on device: write offset=1048576' && that 'j["error"] == 28'
    result $? '... with the file, the place and the reason'
    full 'continue_on_error is not for a lack of room' 1 --size=4m --continue_on_error=write
    full 'fill_device without a size' 0 --fill_device=1
    full 'fill_device with a size that does not fit' 0 --fill_device=1 --size=4m
    full 'fill_device ends where a runtime would go on' 0 --fill_device=1 --time_based --runtime=30
    full 'fill_device and what it wrote, read back' 0 --fill_device=1 --verify=md5
    that 'j["read"]["total_ios"] == 16'
    result $? '... block by block'
    rm -f mount/*
    "$BFFIO" --output-format=json --name=a --size=64k --rw=read --output=mount/out >out 2>err &&
        python3 -c 'import json; json.load(open("mount/out"))'
    result $? 'a report where there is room for it'
    head -c 2m /dev/zero >mount/fill 2>/dev/null
    "$BFFIO" --output-format=json --name=a --size=64k --rw=read --output=mount/out2 >out 2>err
    [ $? -eq 1 ] && says 'mount/out2'
    result $? 'a report where there is none: 1, with a message'
    "$BFFIO" --name=a --size=64k --rw=read --write_lat_log=mount/log >out 2>err
    [ $? -eq 1 ] && says 'mount/log'
    result $? 'a log where there is no room: 1, with a message'
    umount mount
else
    skip "$(head -n 1 err)" 'no room' 'fill_device'
fi

finish
