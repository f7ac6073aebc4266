#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Runs every program of bench/ for a moment and looks at what it prints, never at how
# long it took. What compare and instructions make of figures is checked with
# contestants that are not real. TAP on standard output; exit status 1 when a check
# failed. AURAIO_BENCH is the directory of the built programs.
# shellcheck source=tests/tap.sh
. "${top_srcdir:=.}/tests/tap.sh"

bench=$(cd "${AURAIO_BENCH:-build/bench}" 2>/dev/null && pwd) || {
    bail "no directory ${AURAIO_BENCH:-build/bench}"
}
source=$top_srcdir/bench
cd "$scratch" || exit 99

# has TEXT WHAT: the output has that line.
has() {
    grep -Fqx -e "$1" out
    result $? "$2"
}

# run PROGRAM ARGUMENT...: output in out and err; the exit status is its own.
run() {
    program=$1
    shift
    timeout 300 "$program" "$@" >out 2>err
}

# contestant PROGRAM OPTION...: 200 operations and one line of output.
contestant() {
    what="$*"
    name=$1
    shift
    number='[0-9][0-9.e+]*'
    latency=
    case " $* " in
    *' --latency '*) latency="p50_us=$number p99_us=$number max_us=$number " ;;
    esac
    if [ ! -x "$bench/$name" ]; then
        skip "not built: its library was not found" "$what"
        return
    fi
    run "$bench/$name" --file file --size 1048576 --block 4096 --ops 200 --seed 7 "$@"
    status=$?
    if [ $status -eq 77 ]; then
        skip "$(head -n 1 err)" "$what"
        return
    fi
    [ $status -eq 0 ] && [ ! -s err ] && [ "$(wc -l <out)" -eq 1 ] &&
        grep -Eqx "ops=200 seconds=$number iops=$number ${latency}calls=[0-9]+" out
    result $? "$what"
}

# Programs of 32 bits, by the class in their ELF header, have 32 rings at most.
rings=64
if [ "$(od -An -tu1 -j4 -N1 "$bench/with_auraio" | tr -d ' ')" = 1 ]; then
    rings=32
fi

test_contestants() {
    for flags in plain coop defer best; do
        contestant with_liburing --flags $flags --depth 1
        contestant with_liburing --flags $flags --depth 32
    done
    for flags in default single threads; do
        contestant with_auraio --flags $flags --depth 1
        contestant with_auraio --flags $flags --depth 32
    done
    contestant with_auraio --depth 32 --batch 32
    contestant with_auraio --depth 32 --batch 1
    contestant with_auraio --depth 32 --rings $rings
    for name in with_pread with_libaio with_libuv; do
        contestant "$name" --depth 1
        contestant "$name" --depth 8 --latency
    done
    for name in with_liburing with_auraio with_pread with_libaio with_libuv; do
        contestant "$name" --depth 8 --mix
        contestant "$name" --depth 8 --direct
    done
    for name in with_liburing with_auraio with_pread; do
        contestant "$name" --depth 8 --threads submit-wait --latency
        contestant "$name" --depth 8 --threads both
    done
    for name in with_liburing with_auraio with_pread; do
        ! run "$bench/$name" --file file --size 1048576 --block 4096 --ops 200 --depth 0 &&
            [ -s err ] && [ ! -s out ]
        result $? "$name refuses a depth of 0"
    done
}

test_compare() {
    run "$bench/compare" --rounds 2 --ms 20 --size 1 --depths 1,2 --memory . --disk . ram
    result $? "compare runs a table"
    is "$(grep -Ec '^\| (liburing|auraio|pread|libaio|libuv)[ a-z]* \| [0-9]+ \| [0-9]+ \|$' out)" \
        "$(($(grep -c '^| ' out) - 4 - $(grep -c ' / ' out)))" "... with a median for each"
    cell='[0-9]+\.[0-9]{2}( \([0-9.]+ to [0-9.]+\))? \|'
    is "$(grep -Ec "^\| [a-z ]+ / [a-z ]+ \| $cell $cell\$" out)" "$(grep -c ' / ' out)" \
        "... and ratios"
    is "$(find . -name '*.tmp')" "" "... and leaves no file"
    run "$bench/compare" nonsense
    is $? 2 "compare refuses a table that is none"
    run "$bench/compare" --base nobody ram
    is $? 1 "compare refuses a base that is none"
}

# fake NAME: a contestant of that name, a shell script of two lines and standard input.
fake() {
    {
        cat <<'END'
#!/bin/sh
for last; do :; done
END
        cat
    } >"fakes/$1"
    chmod +x "fakes/$1"
}

# Contestants whose figures depend on the round, which the seed, the last word, tells.
make_fakes() {
    mkdir fakes && cp "$bench/compare" fakes || return
    fake with_liburing <<'END'
case "$*" in *plain*) iops=$((500 * last)) ;; *) iops=$((1000 * last)) ;; esac
echo "ops=1000 seconds=1 iops=$iops calls=250"
END
    fake with_auraio <<'END'
case $((last % 3)) in 0) part=800 ;; 1) part=900 ;; 2) part=950 ;; esac
echo "ops=1000 seconds=1 iops=$((part * last)) calls=250"
END
    fake with_pread <<'END'
echo "no threads here" >&2
exit 77
END
}

test_figures() {
    make_fakes
    run fakes/compare --rounds 9 --ms 1 --depths 4 --memory . ram
    result $? "compare of made-up contestants"
    has '| liburing plain | 2500 |' "... the median of the rounds"
    has '| auraio default / liburing coop | 0.90 (0.80 to 0.95) |' \
        "... the ratio is taken within a round"
    has '| auraio default / best loop | 0.90 (0.80 to 0.95) |' "... the best loop is found"
    grep -q '^compare: pread pool: left out of ram: no threads here$' err
    result $? "... who cannot run is left out, with the reason"
    grep -q '^compare: libaio: left out of ram: with_libaio is not built$' err
    result $? "... so is who was not built"
    run fakes/compare --rounds 3 --ms 1 --depths 4 --memory . --base 'auraio default' ram
    has '| liburing plain / auraio default | 0.56 (0.53 to 0.62) |' "... a base that is asked for"
    run fakes/compare --rounds 3 --ms 1 --depths 4 --memory . calls
    has '| auraio single | 0.250 |' "... system calls per operation"

    fake with_auraio <<'END'
echo "with_auraio: something broke" >&2
exit 1
END
    run fakes/compare --rounds 2 --ms 1 --memory . ram
    is "$? $(grep -c 'something broke' err)" "1 1" "compare ends when a contestant fails"
    echo 'echo ops=none' | fake with_auraio
    run fakes/compare --rounds 2 --ms 1 --memory . ram
    is "$? $(grep -c 'printed no result' err)" "1 1" "... or talks nonsense"
    echo 'kill -9 $$' | fake with_auraio
    run fakes/compare --rounds 2 --ms 1 --memory . ram
    is $? 1 "... or is killed"
}

# A valgrind that counts 1000 instructions for the start and then 100 per operation,
# half of that in a batch. The operations are the last word.
test_instructions() {
    echo 'exit 0' | fake with_liburing
    echo 'exit 0' | fake with_auraio
    fake valgrind <<'END'
case "$*" in *"--batch 32"*) each=50 ;; *) each=100 ;; esac
case "$*" in *--ops*) echo "==1== Collected : $((1000 + each * last))" >&2 ;; esac
END
    export VALGRIND="$scratch/fakes/valgrind" RAM=.
    run sh "$source/instructions" fakes
    result $? "instructions"
    is "$(grep -Ec '^\| (liburing|auraio) [a-z]+ \| (1|32) \| 100\.0 \|' out)" 14 \
        "... the start of a program is not counted"
    has 'One auraio_submit of 32 to 32 single calls: 0.500' "... the ratio of batches"
    has '64 rings to 1 ring: 1.000' "... the ratio of rings"
    VALGRIND="$scratch/missing"
    run sh "$source/instructions" fakes
    is $? 77 "instructions without valgrind"
}

test_pool_engine_and_tick() {
    run "$bench/bench_pool" --quick
    result $? "bench_pool"
    is "$(grep -Ec '^\| .* \| [0-9.]+ \| [0-9.]+ \| [0-9.]+ ' out)" 8 "... eight lines of figures"
    if [ $rings -lt 64 ]; then
        skip "it makes engines of 64 rings, and here they have $rings at most" "bench_engine"
    elif run "$bench/bench_engine" --quick || [ $? -ne 77 ]; then
        is "$(grep -Ec '^\| .* \| [0-9]+ \| [0-9]+ \| [0-9]+ \| [0-9]+ \|$' out)" 4 \
            "bench_engine: four lines of memory"
        is "$(grep -Ec '^\| .* \| [0-9.]+ \([0-9.]+ to [0-9.]+\) \|$' out)" 4 "... and of time"
    else
        skip "$(head -n 1 err)" "bench_engine"
    fi
    run "$bench/bench_tick" --quick
    result $? "bench_tick"
    is "$(grep -Ec '^\| .* \| [0-9]+ \([0-9]+ to [0-9]+\) \| [0-9]+ \|$' out)" 4 \
        "... four lines of figures"
    run "$bench/bench_scrape" --quick
    result $? "bench_scrape"
    is "$(grep -Ec '^\| .* \| [0-9.]+( \([0-9.]+ to [0-9.]+\))? \|$' out)" 3 \
        "... three lines of figures"
    for name in bench_pool bench_engine bench_scrape bench_tick; do
        run "$bench/$name" --slow
        is $? 2 "$name refuses an unknown option"
    done
}

test_contestants
test_compare
test_figures
test_instructions
test_pool_engine_and_tick
finish
