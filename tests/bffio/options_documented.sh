#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What bffio --cmdhelp lists, bffio.1 lists, and the other way round; the job files in
# examples/bffio are taken; the completion of bash asks bffio. Runs in the top build directory.
# shellcheck source=tests/tap.sh
. "${top_srcdir:=.}/tests/tap.sh"
set -e

: "${BFFIO:=tools/bffio/bffio}"
case $BFFIO in /*) ;; *) BFFIO=$PWD/$BFFIO ;; esac
page=$top_srcdir/man/man1/bffio.1

# The options of the page: those that begin an entry between OPTIONS and the next part, and
# those of the two lists at its end.
documented() {
    sed -n '/^\.SH OPTIONS/,/^\.SH FINDING/p' "$page" |
        sed -e 's/\\fB//g' -e 's/\\fP//g' -e 's/\\fI[^"]*//g' -e 's/\\-/-/g' >"$scratch/options"
    sed -n 's/^\.IP "\{0,1\}\([a-z][a-z0-9_-]*\).*/\1/p' "$scratch/options"
    sed -n '/^\.SS Accepted/,/^What is said/p' "$scratch/options" | tr ',' '\n' | sed -n 's/^ *\([a-z_]*\)\.\{0,1\}$/\1/p'
    sed -n '/^Of these only/,$p' "$scratch/options" | tr ',' '\n' | sed -n 's/^ *\([a-z_]*\)=.*/\1/p'
}

listed() {
    "$BFFIO" --cmdhelp | sed -n 's/^\([a-z][a-z0-9_-]*\) *:.*/\1/p'
}

same_options() {
    documented | sort >"$scratch/documented"
    listed | sort >"$scratch/listed"
    [ -s "$scratch/listed" ] || return 1
    diff "$scratch/listed" "$scratch/documented" >"$scratch/difference" && return
    sed -n -e 's/^</only --cmdhelp:/p' -e 's/^>/only bffio.1:/p' "$scratch/difference"
    return 1
}

# Every switch of the page is taken, with a value that suits it.
switches_taken() {
    for switch in --minimal --append-terse --readonly --warnings-fatal --output-format=json+ \
        --terse-version=4 --status-interval=1s --eta=never --eta-newline=1s --eta-interval=1s --section=a \
        --max-jobs=10 --target-p99=2ms --bandwidth-log; do
        "$BFFIO" --parse-only "$switch" --name=a --size=64k || {
            echo "refused: $switch"
            return 1
        }
    done
}

# offers WORD...: what bash would offer for the last of the words.
offers() {
    bash -c '
        . "$1"
        compopt() { :; }
        shift
        COMP_WORDS=("$@")
        COMP_CWORD=$(($# - 1))
        _bffio "$1"
        printf "%s\n" "${COMPREPLY[@]}"' completion "$top_srcdir/tools/bffio/completion/bffio" "$BFFIO" "$@"
}

completes() {
    offers --numj | grep -qx -e '--numjobs=' || {
        echo 'no --numjobs='
        return 1
    }
    offers --rw = randr | grep -qx randrw || {
        echo 'no randrw'
        return 1
    }
    offers --output-format = js | grep -qx 'json+'
}

ok 'bffio.1 has the options of --cmdhelp' same_options
ok 'the switches of bffio.1 are taken' switches_taken
for job in "$top_srcdir"/examples/bffio/*.fio; do
    ok "${job##*/} is taken" env DIR="$scratch" "$BFFIO" --parse-only "$job"
done
if command -v bash >/dev/null; then
    ok 'bash completes options and values' completes
fi
finish
