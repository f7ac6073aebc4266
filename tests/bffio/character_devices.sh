#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# bffio on character devices, which have no size of their own: sizes, what is done and what is
# refused, with one JSON document however it ends. TAP.
# shellcheck source=/dev/null
. "${top_srcdir:=.}/tests/bffio/script.sh"

# run STATUS ARGUMENT...: whether bffio ends with that status.
run() {
    wanted=$1
    shift
    timeout 60 "$BFFIO" --output-format=json --name=a --bs=4k "$@" >out 2>err
    got=$?
    [ "$got" -eq "$wanted" ] || echo "# exit status $got, not $wanted"
    [ "$got" -eq "$wanted" ]
}

# that KEY VALUE TIMES: so many lines of the document have it.
that() {
    [ "$(grep -c "\"$1\" : $2,\{0,1\}\$" out)" -eq "$3" ]
}

for engine in psync io_uring; do
    for rw in read randread; do
        run 0 --filename=/dev/zero --rw=$rw --size=1m --ioengine=$engine --iodepth=8 &&
            that total_ios 256 1
        result $? "/dev/zero, rw=$rw, $engine"
    done
    run 0 --filename=/dev/null --rw=randwrite --size=1m --ioengine=$engine --iodepth=8 &&
        that total_ios 256 1
    result $? "/dev/null, rw=randwrite, $engine"
done
run 0 --filename=/dev/null:/dev/zero --rw=write --size=1m && that total_ios 256 1
result $? 'two of them share size'
run 0 --filename=/dev/zero --rw=read --filesize=64k && that total_ios 16 1
result $? 'filesize in place of size'
run 0 --filename=/dev/zero --rw=read --size=1m --offset=64k && that total_ios 240 1 &&
    grep -q '/dev/zero: the device counts as 1048576 bytes; size and offset ask for 1114112' err
result $? 'an offset leaves the rest, and a line says so'
run 0 --filename=/dev/zero --rw=read --size=1m --offset=50% && that total_ios 128 1
result $? 'an offset in percent is of size'
run 0 --filename=/dev/zero --rw=read --size=64k --pre_read=1 --file_append=1 && that total_ios 16 1
result $? 'pre_read ends with size'
run 0 --filename=/dev/full --rw=write --fill_device=1
result $? 'fill_device ends where there is no room'

for size in '' --size=50% --io_size=64k; do
    run 1 --filename=/dev/zero --rw=read $size &&
        grep -q '/dev/zero: a character device needs size=' err && that error 22 1
    result $? "without a size${size:+, $size}: 1"
done
run 1 --filename=/dev/zero --rw=read --size=1m --offset=2m && grep -q 'is behind the end' err
result $? 'an offset behind size: 1'
run 1 --filename=/dev/zero --rw=read --size=1m --direct=1 &&
    grep -q '/dev/zero: this device does not support direct=1' err
result $? 'O_DIRECT, which it has not: 1'
run 1 --filename=/dev/null --rw=read --size=1m && grep -q 'io_u error on file /dev/null' err
result $? '/dev/null has nothing to be read: 1'
run 1 --filename=/dev/full --rw=write --size=1m && grep -q 'No space left on device' err
result $? '/dev/full has no room: 1'
run 1 --filename=/dev/zero --rw=trim --size=1m && grep -q 'Inappropriate ioctl' err
result $? 'a trim: 1'
run 1 --filename=/dev/null --rw=write --size=64k --end_fsync=1 && grep -q '/dev/null: fsync' err
result $? 'an fsync that it does not know: 1'
run 1 --readonly --filename=/dev/null --rw=write --size=64k
result $? 'nothing is written with --readonly'
ln -s /dev/null link
run 0 --filename=link --rw=write --size=64k --create_on_open=1 --unlink=1 && [ -L link ] && [ -c link ]
result $? 'it is reached through a link, and never removed'
mkfifo pipe
run 1 --filename=pipe --rw=read --size=64k &&
    grep -q 'pipe: is a pipe; valid: a regular file or a device' err
result $? 'a pipe is refused: 1'
finish
