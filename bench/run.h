/* SPDX-License-Identifier: Apache-2.0 */
/* One run of a contestant: a process of its own and the line that it prints. */
#ifndef RUN_H
#define RUN_H

#include "tables.h"

#include <stddef.h>

/* How each run is done; the same for all of a table and round. */
struct setting {
    const char *directory; /* of the contestants' programs */
    const char *file;
    long size_bytes;
    int depth;
    int ms;   /* how long, or */
    long ops; /* how many when this is not 0 */
    unsigned seed;
};

/* What a run told, by metric. A metric it did not tell is negative. */
struct outcome {
    double values[METRICS];
};

/* True, or false when the contestant cannot run here: then why is what it said. Anything else that
 * goes wrong ends this program. */
bool run_contestant(const struct contestant *contestant, const struct table *table,
                    const struct setting *setting, struct outcome *outcome, char *why, size_t size);

#endif
