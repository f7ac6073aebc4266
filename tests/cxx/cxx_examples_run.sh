#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The examples in C++ do what those in C do.
AURAIO_EXAMPLES=${AURAIO_CXX_EXAMPLES:-build/examples/cpp} \
    exec sh "${top_srcdir:-.}/tests/examples_run.sh"
