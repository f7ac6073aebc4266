# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
#
# What the scripts among the tests begin with: top_srcdir as an absolute path, a scratch directory
# that is removed at the end, and the lines of TAP, with the names that tap.h has. They stay in the directory where
# they were started, the top one of the build, unless they go to "$scratch" themselves. Each ends with `finish`.
set -u
LC_ALL=C
export LC_ALL

bail() {
    echo "Bail out! $1"
    exit 99
}

skip_all() {
    echo "1..0 # SKIP $1"
    exit 0
}

top_srcdir=$(cd "${top_srcdir:=.}" && pwd) || bail "no directory $top_srcdir"
scratch=$(mktemp -d "${TMPDIR:-/tmp}/auraio-XXXXXX") && scratch=$(cd "$scratch" && pwd) || bail 'no scratch directory'
# What a script does before that is removed, its own in place of this one.
clean() {
    :
}
trap 'clean || :; cd / && chmod -R u+rwx "$scratch" && rm -rf "$scratch"' EXIT
trap 'exit 99' HUP INT TERM
count=0
failed=0

# result STATUS WHAT: one numbered line; when it is no success, what was said last in "$scratch".
result() {
    count=$((count + 1))
    if [ "$1" -eq 0 ]; then
        echo "ok $count - $2"
        return
    fi
    failed=1
    echo "not ok $count - $2"
    for said in said out err; do
        [ -f "$scratch/$said" ] && sed "s/^/# $said: /" "$scratch/$said" | tail -n 60
    done
    return 0
}

# ok WHAT COMMAND...: whether the command succeeds; what it says is in "$scratch/said".
ok() {
    what=$1
    shift
    if "$@" >"$scratch/said" 2>&1; then
        result 0 "$what"
    else
        result 1 "$what"
    fi
}

# is GOT WANTED WHAT
is() {
    if [ "$1" = "$2" ]; then
        result 0 "$3"
    else
        result 1 "$3"
        printf '#      got %s\n#   wanted %s\n' "$1" "$2"
    fi
}

# none FILE: it has no line; those it has are shown
none() {
    cat "$1"
    [ ! -s "$1" ]
}

# skip REASON WHAT...: a numbered line for each check that cannot be made here.
skip() {
    reason=$1
    shift
    for what; do
        count=$((count + 1))
        echo "ok $count - $what # SKIP $reason"
    done
}

finish() {
    echo "1..$count"
    exit "$failed"
}
