/* SPDX-License-Identifier: Apache-2.0 */
/* Counting: one job's thread adds what completes, the end makes sums of jobs. stat_completed is
 * the only part on the hot path. */
#include "stat.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Where the buckets and classes of a latency meet: the class of a bucket's first value; the rest of
 * the bucket may belong to the next one. Made once, then only read. */
static uint8_t bucket_class[PLAT_BUCKETS];
static const uint64_t class_end[LAT_CLASSES] = {
    2,        4,         10,        20,        50,        100,        250,        500,
    750,      1000,      2000,      4000,      10000,     20000,      50000,      100000,
    250000,   500000,    750000,    1000000,   2000000,   4000000,    10000000,   20000000,
    50000000, 100000000, 250000000, 500000000, 750000000, 1000000000, 2000000000, UINT64_MAX};

static uint64_t bucket_begin(unsigned bucket)
{
    unsigned shift;

    if (bucket < 2 * PLAT_PER_GROUP)
        return bucket;
    shift = (bucket >> PLAT_BITS) - 1;
    return (uint64_t)(bucket - (shift << PLAT_BITS)) << shift;
}

static void make_bucket_class(void)
{
    uint8_t rank = 0;

    for (unsigned i = 0; i < PLAT_BUCKETS; i++) {
        while (bucket_begin(i) >= class_end[rank])
            rank++;
        bucket_class[i] = rank;
    }
}

/* What of a latency is kept, two bits to each kind. */
enum { KEEP_SPREAD = 1, KEEP_HISTOGRAM = 2, KEEP_BITS = 2 };
enum {
    /* fio's default: all three, percentiles of clat. It has a way of its own. */
    KEEP_DEFAULT = KEEP_SPREAD << KEEP_BITS * LAT_SUBMIT | KEEP_SPREAD << KEEP_BITS * LAT_TOTAL |
                   (KEEP_SPREAD | KEEP_HISTOGRAM) << KEEP_BITS * LAT_COMPLETE
};

static int histogram_new(uint64_t **hist, bool wanted)
{
    if (!wanted)
        return 0;
    *hist = calloc(PLAT_BUCKETS, sizeof(**hist));
    return *hist ? 0 : -ENOMEM;
}

static void spread_clear(struct spread *spread)
{
    memset(spread, 0, sizeof(*spread));
    spread->min = UINT64_MAX;
}

int stat_init(struct job_stat *stat, const struct job *job)
{
    const bool off[LATENCIES] = {
        job->gtod_reduce || job->disable_slat || job->engine == ENGINE_SYNC,
        job->gtod_reduce || job->disable_clat, job->gtod_reduce || job->disable_lat};
    const bool percentiles[LATENCIES] = {job->slat_percentiles, job->clat_percentiles,
                                         job->lat_percentiles};
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    int err = -pthread_once(&once, make_bucket_class);

    memset(stat, 0, sizeof(*stat));
    for (int kind = 0; kind < LATENCIES; kind++) {
        if (!off[kind])
            stat->measured |= (unsigned)(KEEP_SPREAD | (percentiles[kind] ? KEEP_HISTOGRAM : 0))
                              << KEEP_BITS * kind;
        for (int dir = 0; dir < DIRECTIONS && !err; dir++)
            err = histogram_new(&stat->dir[dir].hist[kind], percentiles[kind] && !off[kind]);
    }
    if (!err)
        err = histogram_new(&stat->sync_hist, true);
    if (err)
        stat_free(stat);
    else
        stat_reset(stat);
    return err;
}

void stat_free(struct job_stat *stat)
{
    for (int dir = 0; dir < DIRECTIONS; dir++) {
        for (int kind = 0; kind < LATENCIES; kind++) {
            free(stat->dir[dir].hist[kind]);
            stat->dir[dir].hist[kind] = NULL;
        }
    }
    free(stat->sync_hist);
    stat->sync_hist = NULL;
}

static void histogram_clear(uint64_t *hist)
{
    if (hist)
        memset(hist, 0, PLAT_BUCKETS * sizeof(*hist));
}

static void direction_reset(struct direction_stat *dir)
{
    uint64_t *hist[LATENCIES];

    memcpy(hist, dir->hist, sizeof(hist));
    memset(dir, 0, sizeof(*dir));
    memcpy(dir->hist, hist, sizeof(hist));
    for (int kind = 0; kind < LATENCIES; kind++) {
        histogram_clear(dir->hist[kind]);
        spread_clear(&dir->lat[kind]);
    }
    spread_clear(&dir->bw);
    spread_clear(&dir->iops);
}

void stat_begin_ramp(struct job_stat *stat)
{
    stat->measured_soon = stat->measured;
    stat->measured = 0;
}

void stat_reset(struct job_stat *stat)
{
    stat->measured |= stat->measured_soon;
    stat->measured_soon = 0;
    for (int dir = 0; dir < DIRECTIONS; dir++)
        direction_reset(&stat->dir[dir]);
    spread_clear(&stat->sync_lat);
    histogram_clear(stat->sync_hist);
    stat->sync_ios = 0;
    memset(stat->depth_seen, 0, sizeof(stat->depth_seen));
    memset(stat->submit_calls, 0, sizeof(stat->submit_calls));
    memset(stat->complete_calls, 0, sizeof(stat->complete_calls));
    memset(stat->lat_classes, 0, sizeof(stat->lat_classes));
    stat->total_submit = stat->total_complete = 0;
    stat->usr_us = stat->sys_us = stat->ctx = stat->majf = stat->minf = 0;
}

/* A new extreme is rare: a branch that is foretold right costs less than a store. */
static inline __attribute__((always_inline)) void sample(struct spread *spread, uint64_t value)
{
    if (__builtin_expect(value < spread->min, 0))
        spread->min = value;
    if (__builtin_expect(value > spread->max, 0))
        spread->max = value;
    spread->n++;
    spread->sum += value;
    spread->squares = wide_sum(spread->squares, wide_product(value, value));
}

static inline __attribute__((always_inline)) unsigned bucket_of(uint64_t ns)
{
    /* 57 is the count of zeros before bit PLAT_BITS: below 128 nothing is shifted out. */
    unsigned shift = 57u - (unsigned)__builtin_clzll(ns | PLAT_PER_GROUP);
    unsigned bucket = (shift << PLAT_BITS) + (unsigned)(ns >> shift);

    return __builtin_expect(bucket < PLAT_BUCKETS, 1) ? bucket : PLAT_BUCKETS - 1;
}

static inline __attribute__((always_inline)) void classify(struct job_stat *stat, unsigned bucket,
                                                           uint64_t ns)
{
    unsigned rank = bucket_class[bucket];

    rank += ns >= class_end[rank];
    stat->lat_classes[rank]++;
}

static __attribute__((noinline)) void
completed_rare(struct job_stat *stat, struct direction_stat *ds, const uint64_t ns[LATENCIES])
{
    for (int kind = 0; kind < LATENCIES; kind++) {
        const unsigned keep = stat->measured >> KEEP_BITS * kind;
        const unsigned bucket = bucket_of(ns[kind]);

        if (!(keep & KEEP_SPREAD))
            continue;
        sample(&ds->lat[kind], ns[kind]);
        if (keep & KEEP_HISTOGRAM)
            ds->hist[kind][bucket]++;
        if (kind == LAT_COMPLETE)
            classify(stat, bucket, ns[kind]);
    }
}

/* Apart from its caller, so that the direction's address is worked out once. */
static __attribute__((noinline)) void completed_default(struct job_stat *stat,
                                                        struct direction_stat *ds, uint64_t slat_ns,
                                                        uint64_t clat_ns)
{
    const unsigned bucket = bucket_of(clat_ns);

    ds->hist[LAT_COMPLETE][bucket]++;
    classify(stat, bucket, clat_ns);
    sample(&ds->lat[LAT_SUBMIT], slat_ns);
    sample(&ds->lat[LAT_COMPLETE], clat_ns);
    sample(&ds->lat[LAT_TOTAL], slat_ns + clat_ns);
}

void stat_completed(struct job_stat *stat, const struct job *job, enum direction dir,
                    uint64_t bytes, uint64_t slat_ns, uint64_t clat_ns)
{
    struct direction_stat *ds = &stat->dir[dir];

    (void)job;
    ds->ios++;
    ds->bytes += bytes;
    if (stat->measured == KEEP_DEFAULT)
        completed_default(stat, ds, slat_ns, clat_ns);
    else
        completed_rare(stat, ds, (const uint64_t[]){slat_ns, clat_ns, slat_ns + clat_ns});
}

void stat_synced(struct job_stat *stat, uint64_t ns)
{
    stat->sync_ios++;
    if (!(stat->measured & KEEP_SPREAD << KEEP_BITS * LAT_COMPLETE))
        return;
    sample(&stat->sync_lat, ns);
    stat->sync_hist[bucket_of(ns)]++;
}

/* The position of the highest bit, 6 at most: 1 2 4 8 16 32 >=64. */
void stat_depth(struct job_stat *stat, unsigned depth)
{
    unsigned bit = 31u - (unsigned)__builtin_clz(depth | 1);

    stat->depth_seen[bit < DEPTH_BUCKETS ? bit : DEPTH_BUCKETS - 1]++;
}

/* Bounds from above: 0, up to 4, 8, 16, 32, 64, more. */
static unsigned call_class(unsigned n)
{
    unsigned bit;

    if (n <= 4)
        return n ? 1 : 0;
    bit = 32u - (unsigned)__builtin_clz(n - 1); /* 2^bit is the next power of two */
    return bit - 1 < DEPTH_BUCKETS ? bit - 1 : DEPTH_BUCKETS - 1;
}

void stat_submitted(struct job_stat *stat, unsigned n)
{
    stat->submit_calls[call_class(n)]++;
    stat->total_submit++;
}

void stat_reaped(struct job_stat *stat, unsigned n)
{
    stat->complete_calls[call_class(n)]++;
    stat->total_complete++;
}

unsigned plat_bucket(uint64_t ns)
{
    return bucket_of(ns);
}

uint64_t plat_value(unsigned bucket)
{
    if (bucket < 2 * PLAT_PER_GROUP)
        return bucket;
    return bucket_begin(bucket) + (1ull << ((bucket >> PLAT_BITS) - 1)) / 2;
}

uint64_t plat_percentile(const uint64_t *hist, uint64_t n, double percent)
{
    const long double wanted = (long double)percent / 100.0L * (long double)n;
    uint64_t seen = 0;
    unsigned last = 0;

    if (!hist || !n)
        return 0;
    for (unsigned i = 0; i < PLAT_BUCKETS; i++) {
        if (hist[i])
            last = i;
        seen += hist[i];
        if ((long double)seen >= wanted)
            return plat_value(i);
    }
    return plat_value(last);
}
