/* SPDX-License-Identifier: Apache-2.0 */
/* One contestant in one scenario, once: what it reached in each part, and the course of it. */
#ifndef ADAPTIVE_RUN_H
#define ADAPTIVE_RUN_H

#include "adaptive_load.h"

enum { PARTS_MOST = 3, SAMPLE_MS = 20 };

/* A part is a span of time, or, with two disks, a disk. */
struct part_result {
    double iops;
    double p99_ms;  /* device latency; the first 150 ms of a part are left out */
    double limit;   /* mean */
    double over;    /* of the latencies, this share was over the ceiling, */
    double windows; /* and so the P99 of this share of the library's windows */
};

struct sample {
    double at_s; /* end of the span it stands for */
    double iops;
    double p99_ms; /* the library's last window; 0: none yet */
    int limit;
};

struct run {
    struct part_result parts[PARTS_MOST];
    struct sample *samples[DISKS_MOST];
    int sample_count;
    double delayed; /* share of the time in which it or a simulated disk was ready and had no CPU */
};

/* How a run goes. The hook makes the change that begins a part. */
struct run_plan {
    const struct disk *disks;
    int disk_count;
    int part_count; /* spans of equal length; with two disks: 2 */
    double warm_s;  /* before the first part, not measured */
    double seconds;
    double ceiling_ms; /* 0: none */
    /* NULL, or called before the run, with each part, after the run. */
    void (*begin_run)(void *context);
    void (*begin_part)(void *context, struct load *load, int part);
    void (*end_run)(void *context);
    double (*disk_delayed_s)(void *context); /* NULL, or how long disks have waited for a CPU */
    void *context;
    unsigned seed;
};

void run_contestant(const struct run_plan *plan, const struct contestant *contestant,
                    struct run *run);
void run_free(struct run *run);

/* The same, but a run in which others had the CPU says little: it is repeated, and the best attempt
 * in this regard counts. Whether that still was disturbed. */
bool run_undisturbed(const struct run_plan *plan, const struct contestant *contestant,
                     struct run *run);

/* Seconds from the beginning of a part until throughput is, and stays on average, 95 % of the best
 * and the limit at most 1.5 times the knee, but for a tenth of the time; negative: never. */
double run_settled_s(const struct run *run, const struct run_plan *plan, int part, double best_iops,
                     int knee);

#endif
