/* SPDX-License-Identifier: Apache-2.0 */
/* What is printed, from jobs and what they did. */
#ifndef BFFIO_OUTPUT_H
#define BFFIO_OUTPUT_H

#include "job.h"
#include "stat.h"

/* One row of a report: a job, or a group of them with group_reporting. */
struct result {
    const struct job *job;  /* the first of the row */
    const struct job *last; /* of the row: the one whose options JSON shows, as fio */
    const struct job_stat *stat;
    unsigned group; /* run status group, from 0 */
    unsigned jobs;  /* how many are in it */
    uint64_t eta_s; /* 2147483647 as in fio when it is over */
    uint64_t elapsed_s;
};

struct disk_stat { /* since the run began, from /sys/block/NAME/stat */
    char name[64];
    uint64_t ios[2], merges[2], sectors[2], ticks_ms[2], in_queue_ms;
    double util_percent;
};

struct report {
    const struct settings *settings;
    const struct result *results;
    size_t n_results;
    const struct result *groups; /* the sums of the run status groups */
    size_t n_groups;
    const struct disk_stat *disks;
    size_t n_disks;
};

/* The lines before the run: "name: (g=0): rw=..., bs=...", the version, "Starting 1 process". To
 * the text output only. */
int output_begin(const struct settings *settings, const struct job *jobs, const unsigned *groups,
                 size_t n); /* also opens --output: 0 or a negative errno after a message */
/* The whole report in all formats asked for, to the file or stdout. 0 or a negative errno after
 * a message: /dev/full is an error. final is false for --status-interval. */
int output_report(const struct report *report, bool final);
/* The ETA line; erases itself when the run is over. */
struct progress {
    unsigned running, total;
    unsigned files; /* open */
    double percent; /* < 0: not known */
    uint64_t rate_bytes[DIRECTIONS];
    uint64_t rate_iops[DIRECTIONS];
    uint64_t eta_s;
    char states[256]; /* of fio's letters, "r(3),_(1)": P C I R r W w M m V _ E X */
};
void output_progress(const struct settings *settings, const struct progress *progress);
void output_progress_end(const struct settings *settings);

/* The disks behind files: _begin remembers the counters, _end gives the difference, _now also, for
 * --status-interval. */
struct disks;
struct disks *disks_begin(const int *fds, size_t n);
size_t disks_now(const struct disks *disks, struct disk_stat *stats, size_t max);
size_t disks_end(struct disks *disks, struct disk_stat *stats, size_t max);

#endif
