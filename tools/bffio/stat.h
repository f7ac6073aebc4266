/* SPDX-License-Identifier: Apache-2.0 */
/* What a job did: filled by its own thread alone, read by others after it has ended, or as a
 * copy under the job's lock for --status-interval. Plain memory without pointers to share;
 * stat_init makes the histograms. Times are in ns. */
#ifndef BFFIO_STAT_H
#define BFFIO_STAT_H

#include "job.h"
#include "wide.h"

#include <sys/types.h>
#include <time.h>

/* What mean and deviation need, in integers: exact, and no division where samples are added.
 * stat_init prepares min. A total (spread_total) is what fio makes of the bandwidths of a group:
 * the sum of their means and squared deviations, which then stand in mean and m2. */
struct spread {
    uint64_t min, n, max, sum; /* in this order they are not worth a vector register */
    struct wide squares;
    bool is_total;
    double mean, m2;
};

/* fio's layout, with more groups so that nothing is capped: exact below 128 ns, then 64 buckets
 * to each power of two (1.6 %), up to 2^41 ns. */
enum { PLAT_BITS = 6, PLAT_PER_GROUP = 1 << PLAT_BITS, PLAT_GROUPS = 36 };
enum { PLAT_BUCKETS = PLAT_PER_GROUP * PLAT_GROUPS };

enum latency_kind { LAT_SUBMIT, LAT_COMPLETE, LAT_TOTAL, LATENCIES }; /* slat, clat, lat */

struct direction_stat {
    uint64_t bytes, short_ios, ios, drop_ios;
    uint64_t runtime_ms; /* first to last second of it, without ramp */
    struct spread lat[LATENCIES];
    uint64_t
        *hist[LATENCIES]; /* PLAT_BUCKETS counts, or NULL where percentiles are not asked for */
    struct spread bw;     /* KiB/s of each bw_avg_ms */
    struct spread iops;
};

enum { DEPTH_BUCKETS = 7, LAT_NS_BUCKETS = 10, LAT_US_BUCKETS = 10, LAT_MS_BUCKETS = 12 };

struct trace_point { /* auraio's own: every 100 ms with iodepth=auto */
    uint32_t ms;
    uint32_t limit;
    uint64_t p99_ns;
    double iops;
};

struct found { /* the "auraio" part; valid is false when no engine was made */
    bool valid, adaptive, met;
    int final_depth;
    const char *phase;
    uint64_t p99_ns, target_ns;
    int64_t converge_ms; /* -1: not */
    const char *backend;
    uint64_t features;
    uint64_t spills;
    uint64_t phase_ios[2], phase_p99_ns[2]; /* while converging, and steady (runner) */
    struct trace_point *trace;
    size_t n_trace;
};

struct steady { /* steadystate=; filled by the runner, which owns the arrays */
    bool valid, attained;
    double criterion, deviation, slope;
    unsigned duration_s;
    const uint64_t *bw_bytes, *iops; /* one of each second, oldest first */
    size_t n;
};

enum { LAT_CLASSES = LAT_NS_BUCKETS + LAT_US_BUCKETS + LAT_MS_BUCKETS };

struct job_stat {
    struct direction_stat dir[DIRECTIONS];
    unsigned measured;      /* what is kept of each latency_kind (stat_init) */
    unsigned measured_soon; /* in the ramp: what will be kept from its end on */
    struct spread sync_lat; /* fsync and fdatasync */
    uint64_t *sync_hist;
    uint64_t sync_ios;

    uint64_t depth_seen[DEPTH_BUCKETS];   /* operations by depth at submission: 1 2 4 .. >=64 */
    uint64_t submit_calls[DEPTH_BUCKETS]; /* calls by operations in them: 0 4 8 .. >=64 */
    uint64_t complete_calls[DEPTH_BUCKETS];
    uint64_t total_submit, total_complete;
    /* completion latencies by upper bounds: 2 4 10 20 50 100 250 500 750 1000 of ns, then of us,
     * then of ms, there also 2000 and >=2000 */
    uint64_t lat_classes[LAT_CLASSES];

    uint64_t usr_us, sys_us, ctx, majf, minf; /* of the job's thread, RUSAGE_THREAD */
    uint64_t job_runtime_ms;                  /* with ramp */
    uint64_t ramp_ms;                         /* of it */
    time_t began;
    uint64_t began_ms; /* Unix time */
    pid_t pid;         /* the job's thread id */
    int error;         /* positive errno the job ended with; 0 = none */
    uint64_t errors;   /* with continue_on_error: how many */
    int first_error;
    char error_text[256]; /* what, for the text output: "io_u error on file ...", or "" */
    unsigned depth_limit; /* latency_depth */
    struct found found;
    struct steady steady;
};

/* All histograms of the job's options; 0 or -ENOMEM. */
int stat_init(struct job_stat *stat, const struct job *job);
void stat_free(struct job_stat *stat);

/* In the ramp operations and bytes are counted, in case the job ends there, but no latency. */
void stat_begin_ramp(struct job_stat *stat);
/* Ends the ramp: counts as if nothing had been done before. */
void stat_reset(struct job_stat *stat);

/* Adds one to the other, for group_reporting and status groups: the runtime of a direction
 * becomes the longer, bandwidths add up. A sum that is new (stat_init) also takes what cannot be
 * added: pid, beginning, error, what was found. The depth is the last one's, as in fio. */
void stat_add(struct job_stat *sum, const struct job_stat *one);
/* All directions as one, READS, for unified_rw_reporting. */
void stat_unify(struct job_stat *sum, const struct job_stat *one);

void spread_add(struct spread *spread, uint64_t value);
void spread_merge(struct spread *sum, const struct spread *one); /* as if all samples were one's */
void spread_total(struct spread *sum, const struct spread *one); /* jobs beside each other */
double spread_mean(const struct spread *spread);
double spread_deviation(const struct spread *spread);
uint64_t spread_min(const struct spread *spread); /* 0 of none */

unsigned plat_bucket(uint64_t ns);
uint64_t plat_value(unsigned bucket); /* the middle of a bucket, as fio prints it */

/* One operation that has completed. slat and clat make lat. On the hot path: no lock, no memory,
 * no division. `job` is not looked at: what it disables, stat_init has noted. */
void stat_completed(struct job_stat *stat, const struct job *job, enum direction dir,
                    uint64_t bytes, uint64_t slat_ns, uint64_t clat_ns);
void stat_synced(struct job_stat *stat, uint64_t ns);
void stat_depth(struct job_stat *stat, unsigned depth); /* at each submission */
void stat_submitted(struct job_stat *stat, unsigned n); /* operations of one call */
void stat_reaped(struct job_stat *stat, unsigned n);

/* The value below which `percent` of the operations of a histogram are; 0 of none. */
uint64_t plat_percentile(const uint64_t *hist, uint64_t n, double percent);

#endif
