#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The benchmark of the C++ binding runs, and refuses what it does not know.
set -u

program=${AURAIO_BENCH:-build/bench}/cxx_paths
failed=0

# result STATUS NUMBER WHAT
result() {
    if [ "$1" -eq 0 ]; then
        echo "ok $2 - $3"
    else
        failed=1
        echo "not ok $2 - $3"
    fi
}

said=$("$program" --rounds 2 --ops 300 --depth 4 --memory "${TMPDIR:-.}")
[ "$(printf '%s\n' "$said" | grep -Ec '^\| (c|callback|pooled|coroutine) \| [0-9]+ \| [0-9.]+ \|$')" = 4 ]
result $? 1 'cxx_paths compares four paths'
"$program" --only coroutine --ops 300 --memory "${TMPDIR:-.}" | grep -q '^coroutine: [0-9]* operations'
result $? 2 'cxx_paths runs one path'
"$program" --slow 2>/dev/null
[ $? -eq 2 ]
result $? 3 'cxx_paths refuses an unknown option'
echo 1..3
exit $failed
