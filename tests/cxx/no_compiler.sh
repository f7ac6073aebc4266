#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Stands for all tests of the C++ binding where they are not built, and says why.
echo "1..0 # SKIP C++: ${AURAIO_CXX:-not built}"
