/* SPDX-License-Identifier: Apache-2.0 */
#include "tables.h"

#include <stddef.h>
#include <string.h>

/* registered is defer with the ring's descriptor registered. A base has the same kernel flags,
 * where there is one that has. */
static const struct contestant contestants[] = {
    {"liburing plain", NULL, {"with_liburing", "--flags", "plain"}, true, false},
    {"liburing coop", NULL, {"with_liburing", "--flags", "coop"}, true, false},
    {"liburing defer", NULL, {"with_liburing", "--flags", "defer"}, true, false},
    {"liburing registered", NULL, {"with_liburing", "--flags", "best"}, true, false},
    {"auraio default", "liburing coop", {"with_auraio", "--flags", "default"}, false, true},
    {"auraio single", "liburing defer", {"with_auraio", "--flags", "single"}, false, true},
    {"auraio threads", "pread pool", {"with_auraio", "--flags", "threads"}, false, true},
    {"pread pool", "liburing coop", {"with_pread"}, false, false},
    {"libaio", "liburing coop", {"with_libaio"}, false, false},
    {"libuv", "liburing coop", {"with_libuv"}, false, false},
    {"auraio, 2 threads",
     "liburing, 2 threads",
     {"with_auraio", "--flags", "default"},
     false,
     true},
    {"liburing, 2 threads", NULL, {"with_liburing", "--flags", "plain"}, true, false},
    {"pread pool, 2 threads", "liburing, 2 threads", {"with_pread"}, false, false},
};

#define ALL_OF_THEM                                                                                \
    {                                                                                              \
        "liburing plain", "liburing coop", "liburing defer", "liburing registered",                \
            "auraio default", "auraio single", "auraio threads", "pread pool", "libaio", "libuv"   \
    }
#define TWO_THREADS                                                                                \
    {                                                                                              \
        "liburing, 2 threads", "auraio, 2 threads", "pread pool, 2 threads"                        \
    }

const struct table tables[] = {
    {"ram",
     "4 KiB random reads of a file in memory",
     IN_MEMORY,
     {"--block", "4096"},
     {1, 4, 8, 16, 32, 64, 128},
     ALL_OF_THEM,
     {[IOPS] = true}},
    {"cached",
     "4 KiB random reads of a file on disk, in the page cache",
     ON_DISK,
     {"--block", "4096"},
     {1, 8, 32, 128},
     ALL_OF_THEM,
     {[IOPS] = true}},
    {"direct",
     "4 KiB random reads of a file on disk, O_DIRECT",
     ON_DISK,
     {"--block", "4096", "--direct"},
     {1, 4, 8, 16, 32, 64, 128},
     ALL_OF_THEM,
     {[IOPS] = true}},
    {"large",
     "64 KiB random reads of a file in memory",
     IN_MEMORY,
     {"--block", "65536"},
     {1, 8, 32},
     ALL_OF_THEM,
     {[IOPS] = true}},
    {"mix",
     "70 % reads, 25 % writes, 5 % fsyncs of 4 KiB on disk, in the page cache",
     ON_DISK,
     {"--block", "4096", "--mix"},
     {1, 8, 32},
     ALL_OF_THEM,
     {[IOPS] = true}},
    {"two-threads",
     "4 KiB random reads in memory: one thread submits and computes, another waits",
     IN_MEMORY,
     {"--block", "4096", "--threads", "submit-wait", "--latency"},
     {1, 8, 32},
     TWO_THREADS,
     {[IOPS] = true, [P50] = true, [P99] = true}},
    {"both-threads",
     "4 KiB random reads in memory: two threads submit and wait",
     IN_MEMORY,
     {"--block", "4096", "--threads", "both"},
     {8, 32},
     TWO_THREADS,
     {[IOPS] = true}},
    {"latency",
     "4 KiB random reads in memory, latency of each operation",
     IN_MEMORY,
     {"--block", "4096", "--latency"},
     {1, 32},
     ALL_OF_THEM,
     {[P50] = true, [P99] = true}},
    {"calls",
     "System calls of 4 KiB random reads in memory, as far as they are counted",
     IN_MEMORY,
     {"--block", "4096"},
     {1, 32, 128},
     {"liburing plain", "liburing coop", "liburing defer", "liburing registered", "auraio default",
      "auraio single"},
     {[CALLS_PER_OP] = true}},
};
const int table_count = sizeof tables / sizeof *tables;

const struct table *table_named(const char *name)
{
    for (int i = 0; i < table_count; i++) {
        if (strcmp(tables[i].name, name) == 0)
            return &tables[i];
    }
    return NULL;
}

const struct contestant *contestant_named(const char *name)
{
    for (size_t i = 0; i < sizeof contestants / sizeof *contestants; i++) {
        if (strcmp(contestants[i].name, name) == 0)
            return &contestants[i];
    }
    return NULL;
}
