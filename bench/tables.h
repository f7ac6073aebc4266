/* SPDX-License-Identifier: Apache-2.0 */
/* What compare runs: who takes part and which tables there are. Constant data. */
#ifndef TABLES_H
#define TABLES_H

#include <stdbool.h>

enum { ARGS_MOST = 8, DEPTHS_MOST = 8, CONTESTANTS_MOST = 16 };

/* One way of doing the same work. */
struct contestant {
    const char *name;
    const char *base;              /* whom it is compared with, NULL for none */
    const char *args[ARGS_MOST];   /* program, options, NULL */
    bool is_hand_written, is_ours; /* a loop on liburing; the library */
};

/* What a table tells of each run. */
enum metric { IOPS, P50, P99, CALLS_PER_OP, METRICS };

/* Where the file lies. */
enum place { IN_MEMORY, ON_DISK };

struct table {
    const char *name;
    const char *title;
    enum place place;
    const char *args[ARGS_MOST];               /* options for all, NULL */
    int depths[DEPTHS_MOST];                   /* 0 ends them */
    const char *contestants[CONTESTANTS_MOST]; /* names, NULL */
    bool shows[METRICS];
};

extern const struct table tables[];
extern const int table_count;

/* NULL when there is none of that name. */
const struct table *table_named(const char *name);
const struct contestant *contestant_named(const char *name);

#endif
