#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Runs every example of a language on files made here and compares what it did with what
# find, wc, sum and cmp say. TAP on standard output; exit status 1 when a check
# failed. AURAIO_EXAMPLES is the directory of the built examples: those in C, or
# those in C++, which do the same.
# shellcheck source=tests/tap.sh
. "${top_srcdir:=.}/tests/tap.sh"

examples=$(cd "${AURAIO_EXAMPLES:-build/examples/c}" 2>/dev/null && pwd) || {
    bail "no directory ${AURAIO_EXAMPLES:-build/examples/c}"
}
cd "$scratch" || exit 99

# run EXAMPLE ARGUMENT...: output in out and err; the exit status is its own.
run() {
    name=$1
    shift
    timeout 300 "$examples/$name" "$@" >out 2>err
}

# works EXAMPLE ARGUMENT...: exit status 0 and not a word on standard error.
works() {
    run "$@" && [ ! -s err ]
    result $? "$*"
}

# refuses STATUS WHAT EXAMPLE ARGUMENT...: that exit status, no output, and one
# line that begins with the program's name (or shows its usage).
refuses() {
    wanted=$1
    what=$2
    shift 2
    run "$@"
    got=$?
    if [ "$wanted" -eq 2 ]; then begin="usage: $1"; else begin="$1: "; fi
    [ "$got" -eq "$wanted" ] && [ ! -s out ] && [ "$(wc -l <err)" -eq 1 ] && grep -q "^$begin" err
    result $? "$1 refuses $what"
}

size_of() {
    wc -c <"$1" | tr -d ' '
}

lines_of() {
    wc -l <"$1" | tr -d ' '
}

sum_of() {
    sum -s "$1" | cut -d ' ' -f 1
}

# Big enough for many blocks, and no multiple of any block.
make_files() {
    dd if=/dev/urandom of=big bs=65536 count=80 2>/dev/null
    printf 'the last line has no end' >>big
    seq 1 200000 >text
    printf 'one short line\n' >short
    : >empty
    mkfifo fifo
}

make_tree() {
    mkdir -p tree/a/b/c 'tree/with space' outside
    i=0
    while [ $i -lt 150 ]; do
        head -c $((i * 997)) big >"tree/a/b/file$i"
        i=$((i + 1))
    done
    cp big tree/big
    cp text 'tree/with space/text file'
    cp big outside/big
    : >tree/a/empty
    ln -s ../outside/big tree/link-to-file
    ln -s ../outside tree/link-to-directory
    mkfifo tree/a/fifo
}

test_quickstart() {
    works quickstart text
    head -c 65536 text >beginning
    is "$(cat out)" "text: read 65536 bytes, $(lines_of beginning) lines" "quickstart counts as wc does"
    works quickstart short
    is "$(cat out)" "short: read 15 bytes, 1 lines" "quickstart on a file shorter than its buffer"
    works quickstart empty
    is "$(cat out)" "empty: read 0 bytes, 0 lines" "quickstart on an empty file"
    refuses 2 "no argument" quickstart
    refuses 1 "a missing file" quickstart missing
    refuses 1 "a directory" quickstart tree
}

test_simple_read() {
    for file in big text short empty; do
        works simple_read "$file"
        is "$(head -n 1 out)" "$file: $(size_of "$file") bytes, checksum $(sum_of "$file")" \
            "simple_read read the bytes of $file"
        is "$(sed -n 's/^transferred *\([0-9]*\) bytes/\1/p' out)" "$(size_of "$file")" \
            "simple_read: the statistics agree"
    done
    refuses 2 "no argument" simple_read
    refuses 1 "a missing file" simple_read missing
    refuses 1 "a directory" simple_read tree
    refuses 1 "a FIFO" simple_read fifo
}

# copies NAME: that example copies files
copies() {
    copy=$1
    for file in big text short empty; do
        works "$copy" $file copy
        cmp -s $file copy
        result $? "$copy: the copy of $file equals the original"
    done
    chmod 640 text
    rm -f copy
    (umask 022 && run "$copy" text copy)
    is "$(stat -c %a copy)" 640 "$copy keeps the permissions"
    refuses 2 "one argument" "$copy" big
    refuses 1 "a missing source" "$copy" missing copy
    refuses 1 "a directory as its source" "$copy" tree copy
    refuses 1 "a directory as its destination" "$copy" big tree
    before=$(sum_of big)
    refuses 1 "to copy a file onto itself" "$copy" big ./big
    is "$(sum_of big)" "$before" "$copy left that file alone"
    (trap '' XFSZ && ulimit -f 2000 && run "$copy" big copy)
    is "$? $(cat err)" "1 $copy: copy: File too large" "$copy: a write that fails is told"
}

test_file_copy() {
    copies file_copy
}

test_coroutine_copy() {
    copies coroutine_copy
}

test_write_modes() {
    mkdir modes
    works write_modes modes 5
    is "$(size_of modes/buffered.dat)" 5242880 "write_modes wrote 5 MiB through the page cache"
    if grep -q 'not supported' out; then
        skip "no O_DIRECT on this file system" "write_modes wrote 5 MiB past it"
        skip "no O_DIRECT on this file system" "write_modes: both files are the same"
    else
        is "$(size_of modes/direct.dat)" 5242880 "write_modes wrote 5 MiB past it"
        cmp -s modes/buffered.dat modes/direct.dat
        result $? "write_modes: both files are the same"
    fi
    is "$(sed -n 's/^buffered *\([0-9]*\) .*/\1/p' out)" 5242880 "write_modes tells the bytes"
    for word in 1 524289 655359; do
        is "$(od -A n -t d8 -j $((word * 8)) -N 8 modes/buffered.dat | tr -d ' ')" \
            $((word * -7046029254386353131)) "write_modes: word $word of the file is the right one"
    done
    run write_modes modes 5
    is "$? $(cat err)" "1 write_modes: modes/buffered.dat: File exists" "write_modes does not overwrite"
    refuses 2 "a size that is no number" write_modes modes 5x
    refuses 2 "a size of nothing" write_modes modes 0
    run write_modes missing 1
    is "$? $(lines_of err)" "1 1" "write_modes wants a directory that exists"
}

test_cancel_request() {
    works cancel_request big 5000
    is "$(grep -c '4096 bytes after' out)" 2 "cancel_request: a file answers in time, both times"
    if [ "$backend" = threads ]; then
        skip "$unstoppable" "cancel_request gives up a silent FIFO"
        refuses 1 "to pretend that it stopped a read" cancel_request fifo 100
    else
        works cancel_request fifo 100
        is "$(grep -c ': stopped after' out)" 2 "cancel_request gives up a silent FIFO, both times"
        is "$(awk '{ if ($(NF - 1) < 99 || $(NF - 1) > 4000) bad++ } END { print bad + 0 }' out)" 0 \
            "cancel_request: not before the time was up, and soon after"
    fi
    refuses 2 "a time that is none" cancel_request big soon
    refuses 1 "a missing file" cancel_request missing 100
}

test_registered_buffers() {
    for file in big short empty; do
        works registered_buffers "$file"
        is "$(grep -c "$(size_of "$file") bytes, checksum $(sum_of "$file")," out)" 2 \
            "registered_buffers read $file in both ways"
    done
    refuses 2 "no argument" registered_buffers
    refuses 1 "a missing file" registered_buffers missing
    # An ordinary user may be short of lockable memory: then it works unregistered.
    # shellcheck disable=SC3045 # dash, bash and busybox have it
    (ulimit -l 64 2>/dev/null && run registered_buffers big) &&
        [ "$(grep -c "$(size_of big) bytes, checksum $(sum_of big)," out)" -eq 2 ]
    result $? "registered_buffers with 64 KiB of lockable memory"
}

test_vectored_io() {
    for file in big short empty; do
        rm -f packed
        works vectored_io "$file" packed
        bytes=$(size_of "$file")
        frames=$(((bytes + 65535) / 65536))
        is "$(cat out)" "packed: $frames frames, $bytes bytes packed, $bytes checked" \
            "vectored_io tells what it packed of $file"
        is "$(size_of packed)" $((bytes + 16 * frames)) "vectored_io: the size is that of the frames"
        unpack packed "$frames" >unpacked
        cmp -s "$file" unpacked
        result $? "vectored_io: the frames of $file hold the file"
    done
    refuses 2 "one argument" vectored_io big
    refuses 1 "a missing file" vectored_io missing packed2
    refuses 1 "to overwrite" vectored_io big packed
}

# The frames without their headers: 65536 of every 65552 bytes.
unpack() {
    i=0
    while [ "$i" -lt "$2" ]; do
        tail -c +$((i * 65552 + 17)) "$1" | head -c 65536
        i=$((i + 1))
    done
}

test_event_loop() {
    works event_loop big text short empty
    wc -lc big text short empty | awk '{ print $1, $2, $3 }' >wanted
    cmp -s out wanted
    result $? "event_loop counts as wc does"
    works event_loop text
    is "$(cat out)" "$(lines_of text) $(size_of text) text" "event_loop on one file"
    refuses 2 "no argument" event_loop
    refuses 1 "a missing file" event_loop text missing
    refuses 1 "a directory" event_loop tree

    if [ "$backend" = threads ]; then
        skip "$unstoppable" "event_loop ends on SIGTERM"
        return
    fi
    # A FIFO held open and silent keeps it waiting until the signal.
    exec 3<>fifo
    # Not with timeout(1), which sends SIGCONT as well: LeakSanitizer hangs on that.
    "$examples/event_loop" fifo >out 2>err &
    tries=0
    until grep -Eq '^Sig(Blk|Cgt):.*[4-7c-f][0-9a-f]{3}$' /proc/$!/status || [ "$tries" -eq 300 ]; do
        tries=$((tries + 1))
        sleep 0.1
    done
    sleep 1
    kill -TERM $!
    wait $!
    is $? 1 "event_loop ends on SIGTERM"
    grep -q '^event_loop: fifo: Operation canceled$' err
    result $? "event_loop cancels what is in flight first"
    exec 3>&-
}

test_custom_config() {
    works custom_config big 2
    is "$(sed -n 's/^big: \([0-9]*\) bytes.*/\1/p' out)" "$(size_of big)" "custom_config read it all"
    blocks=$((($(size_of big) + 16383) / 16384))
    is "$(awk '/^ring/ { sum += $5 } END { print sum }' out)" "$blocks" \
        "custom_config: the rings' counts add up"
    is "$(grep -c '^ring [01]: depth 2,' out)" 2 "custom_config: two rings as deep as asked for"
    is "$(awk '/^ring/ && $7 > 2' out)" "" "custom_config: never more than that in flight"
    works custom_config big
    refuses 2 "no argument" custom_config
    refuses 2 "a depth that is no number" custom_config big deep
    refuses 1 "a depth of 0" custom_config big 0
    refuses 1 "a depth beyond the library's" custom_config big 32769
    refuses 1 "a missing file" custom_config missing
}

test_log_handler() {
    works log_handler big log
    is "$(cut -d , -f 1 out)" "big: $(size_of big) bytes read" "log_handler read it all"
    is "$(sed -n 's/.*, \([0-9]*\) messages in log/\1/p' out)" "$(lines_of log)" \
        "log_handler: one line per message"
    grep -Eq '^[0-9-]+T[0-9:.]+Z ERR ' log
    result $? "log_handler: the foreign pointer was told at level ERR"
    before=$(lines_of log)
    works log_handler short log
    is "$(lines_of log)" $((before * 2)) "log_handler appends"
    refuses 2 "one argument" log_handler big
    refuses 1 "a missing file" log_handler missing log
    refuses 1 "a log that cannot be" log_handler big missing/log
}

value() {
    awk -v key="$1" 'index($0, key) == 1 { sub(key " +", ""); print $1; exit }' out
}

# scans OPTION...: the tree, against what find and wc say.
scans() {
    works bulk_reader "$@" tree
    is "$(value files) $(value bytes)" "$files $bytes" "bulk_reader${1:+ }$*: files and bytes"
    is "$(value checksum)" "${checksum:=$(value checksum)}" "bulk_reader${1:+ }$*: the same content"
}

test_bulk_reader() {
    files=$(find tree -type f | wc -l | tr -d ' ')
    bytes=$(find tree -type f -exec cat {} + | wc -c | tr -d ' ')
    checksum=
    scans
    is "$(grep -c '^IOPS  *[1-9]' out) $(grep -c '^P99 ' out) $(grep -c '^seconds ' out)" "1 1 1" \
        "bulk_reader tells IOPS, P99 and seconds"
    [ "$(value 'highest depth')" -gt 0 ]
    result $? "bulk_reader tells the highest depth"
    scans --depth 1
    scans --then 'echo "engine is there"'
    is "$(tail -n 1 out)" "engine is there" "bulk_reader --then runs the command last"
    status=0
    run bulk_reader --then false tree || status=$?
    is $status 1 "bulk_reader tells when that fails"
    scans --cold
    scans --threads-backend
    is "$(value backend)" threads "bulk_reader --threads-backend does as told"
    scans --compare
    check_table
    scans --compare --cold
    check_table
    is "$(grep -c 'asked the kernel to drop' out)" 1 "... and tells what --cold did"
    if run bulk_reader --direct tree || ! grep -q 'no O_DIRECT' err; then
        scans --direct
        scans --compare --direct --threads-backend --depth 8
        check_table
    else
        skip "no O_DIRECT on this file system" "bulk_reader --direct"
    fi
    # shellcheck disable=SC3045 # dash, bash and busybox have it
    (ulimit -n 100 && run bulk_reader tree)
    is "$? $(value bytes)" "0 $bytes" "bulk_reader is content with 100 descriptors"

    ln -s tree link
    works bulk_reader link
    is "$(value bytes)" "$bytes" "bulk_reader follows the link it is given"
    printf x | dd of=tree/big bs=1 seek=100000 conv=notrunc 2>/dev/null
    works bulk_reader tree
    [ "$(value checksum)" != "$checksum" ]
    result $? "bulk_reader: one byte makes another checksum"
    refuse_bulk_reader
}

# The one in C++ has no options.
test_bulk_reader_cpp() {
    files=$(find tree -type f | wc -l | tr -d ' ')
    bytes=$(find tree -type f -exec cat {} + | wc -c | tr -d ' ')
    checksum=
    scans
    scans
    printf x | dd of=tree/big bs=1 seek=100000 conv=notrunc 2>/dev/null
    works bulk_reader tree
    [ "$(value checksum)" != "$checksum" ]
    result $? "bulk_reader: one byte makes another checksum"
    refuses 2 "no argument" bulk_reader
    refuses 1 "a missing directory" bulk_reader missing
    refuses 1 "a file" bulk_reader big
    mkdir nothing
    refuses 1 "a directory without files" bulk_reader nothing
}

check_table() {
    is "$(grep -c '^round [123]  *[0-9.]* s  *[0-9.]* s$' out)" 3 "... three rounds"
    awk '/^all/ { ours = $2; theirs = $4 }
         /^ratio/ { ratio = $2; low = .98 * theirs / ours - .01; high = 1.02 * theirs / ours + .01 }
         END { exit !(ratio >= low && ratio <= high) }' out
    result $? "... the ratio is that of the sums"
    is "$(grep -c '^\(Gained\|Lost\|No clear difference\): .*\.$' out)" 1 \
        "... and a sentence says what was gained"
}

refuse_bulk_reader() {
    refuses 2 "no argument" bulk_reader
    refuses 2 "two directories" bulk_reader tree outside
    refuses 2 "an unknown option" bulk_reader --fast tree
    refuses 2 "a depth of 0" bulk_reader --depth 0 tree
    refuses 2 "a depth that is no number" bulk_reader --depth 3x tree
    refuses 1 "a missing directory" bulk_reader missing
    refuses 1 "a file" bulk_reader big
    mkdir nothing
    refuses 1 "a directory without files" bulk_reader nothing
    if [ "$(id -u)" -eq 0 ]; then
        skip "root may read everything" "bulk_reader reads on past a file it may not read"
    else
        chmod 000 tree/a/empty
        run bulk_reader tree
        is "$? $(value files) $(lines_of err)" "1 $((files - 1)) 1" \
            "bulk_reader reads on past a file it may not read"
        chmod 600 tree/a/empty
    fi
}

test_watch_limit() {
    works watch_limit big 0.5
    [ -s out ]
    result $? "watch_limit tells where the controller stands"
    works watch_limit big 0.3 5
    refuses 2 "no argument" watch_limit
    refuses 1 "a missing file" watch_limit missing
    refuses 1 "a directory" watch_limit tree
}

make_files
make_tree
run bulk_reader tree
backend=$(value backend) # what there is without asking for any
unstoppable="the thread backend does not stop a read that has begun"
for example in quickstart simple_read file_copy write_modes cancel_request registered_buffers \
    vectored_io event_loop custom_config log_handler; do
    "test_$example"
done
if [ -x "$examples/coroutine_copy" ]; then
    test_coroutine_copy
    test_bulk_reader_cpp
else
    test_bulk_reader
    test_watch_limit
fi
finish
