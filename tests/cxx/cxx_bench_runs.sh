#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The benchmark of the C++ binding runs, and refuses what it does not know.
# shellcheck source=tests/tap.sh
. "${top_srcdir:=.}/tests/tap.sh"

program=${AURAIO_BENCH:-build/bench}/cxx_paths

said=$("$program" --rounds 2 --ops 300 --depth 4 --memory "${TMPDIR:-.}")
[ "$(printf '%s\n' "$said" | grep -Ec '^\| (c|callback|pooled|coroutine) \| [0-9]+ \| [0-9.]+ \|$')" = 4 ]
result $? 'cxx_paths compares four paths'
"$program" --only coroutine --ops 300 --memory "${TMPDIR:-.}" | grep -q '^coroutine: [0-9]* operations'
result $? 'cxx_paths runs one path'
"$program" --slow 2>/dev/null
[ $? -eq 2 ]
result $? 'cxx_paths refuses an unknown option'
finish
