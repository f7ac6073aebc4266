/* SPDX-License-Identifier: Apache-2.0 */
/* Latencies are counted to 2 % from 0 ns to 1000 s, percentiles are those of the sorted values, and
 * mean and deviation are exact, for one job and for sums of jobs. */
#include "../tap.h"

#include "stat.h"

#include <math.h>
#include <string.h>

enum { SAMPLES = 20000 };

static double percents[] = {1, 50, 99, 99.99};

static struct job plain_job(void)
{
    return (struct job){.clat_percentiles = true,
                        .percentiles = percents,
                        .n_percentiles = sizeof(percents) / sizeof(percents[0])};
}

static uint64_t random_latency(void)
{
    uint64_t bits = ((uint64_t)rand() << 31) ^ (uint64_t)rand();

    return bits >> (23 + rand() % 40); /* up to 2^39 ns, all magnitudes alike */
}

static void buckets(void)
{
    static const uint64_t of_fio[] = {42752, 130560, 132096, 166912, 757760, 1859584};
    bool near = true, rising = true, same = true;

    for (uint64_t ns = 1; ns <= 1000ull * 1000000000; ns += ns / 97 + 1) {
        uint64_t value = plat_value(plat_bucket(ns));
        double off = fabs((double)value - (double)ns) / (double)ns;

        near = near && off < 0.02 && (ns >= 128 || value == ns);
        rising = rising && plat_bucket(ns) >= plat_bucket(ns - 1);
    }
    ok(near, "a bucket's value is within 2 %% of what it counts, exact below 128 ns");
    ok(rising, "buckets rise with the latency");
    for (size_t i = 0; i < sizeof(of_fio) / sizeof(of_fio[0]); i++)
        same = same && plat_value(plat_bucket(of_fio[i])) == of_fio[i];
    ok(same, "buckets have fio's values");
    ok(plat_bucket(UINT64_MAX) < PLAT_BUCKETS, "the largest latency has a bucket");
}

static int by_value(const void *a, const void *b)
{
    const uint64_t *one = a, *two = b;

    return *one < *two ? -1 : *one > *two;
}

static void percentiles(void)
{
    static uint64_t values[SAMPLES], hist[PLAT_BUCKETS];
    bool right = true;

    for (int i = 0; i < SAMPLES; i++) {
        values[i] = random_latency();
        hist[plat_bucket(values[i])]++;
    }
    qsort(values, SAMPLES, sizeof(values[0]), by_value);
    for (double percent = 0.0123; percent <= 100.0; percent += 0.0717) {
        size_t rank = (size_t)ceil(percent / 100.0 * SAMPLES);
        uint64_t wanted = plat_value(plat_bucket(values[rank - 1]));

        right = right && plat_percentile(hist, SAMPLES, percent) == wanted;
    }
    ok(right, "percentiles are those of the sorted values");
    is(plat_percentile(hist, 0, 99), 0, "a percentile of nothing is 0");
    is(plat_percentile(NULL, 5, 99), 0, "so is one of no histogram");
}

static void classes(void)
{
    static const uint64_t ends[] = {2, 4, 10, 20, 50, 100, 250, 500, 750, 1000};
    const struct job job = plain_job();
    struct job_stat stat;
    unsigned rank = 0;
    bool right = true;

    if (stat_init(&stat, &job))
        bail("no memory");
    for (uint64_t unit = 1; unit <= 1000000; unit *= 1000) {
        for (int i = 0; i < 10; i++, rank++) {
            memset(stat.lat_classes, 0, sizeof(stat.lat_classes));
            stat_completed(&stat, &job, READS, 1, 0, ends[i] * unit - 1);
            stat_completed(&stat, &job, READS, 1, 0, ends[i] * unit);
            right = right && stat.lat_classes[rank] == 1 && stat.lat_classes[rank + 1] == 1;
        }
    }
    ok(right, "each latency is counted below its bound");
    memset(stat.lat_classes, 0, sizeof(stat.lat_classes));
    stat_completed(&stat, &job, READS, 1, 0, 1999999999);
    stat_completed(&stat, &job, READS, 1, 0, 2000000000);
    ok(stat.lat_classes[LAT_CLASSES - 2] == 1 && stat.lat_classes[LAT_CLASSES - 1] == 1,
       "the last class begins at 2 s");
    stat_free(&stat);
}

static bool is_close(double got, double wanted)
{
    return fabs(got - wanted) <= 1e-9 * fabs(wanted) + 1e-9;
}

static void spreads(void)
{
    struct spread all = {0}, half[2] = {{0}, {0}};
    long double sum = 0, squares = 0, mean;
    static uint64_t values[SAMPLES];

    for (int i = 0; i < SAMPLES; i++) {
        values[i] = 900000000000u + (uint64_t)(rand() % 1000);
        spread_add(&all, values[i]);
        spread_add(&half[i % 2], values[i]);
        sum += (long double)values[i];
    }
    mean = sum / SAMPLES;
    for (int i = 0; i < SAMPLES; i++)
        squares += ((long double)values[i] - mean) * ((long double)values[i] - mean);
    ok(is_close(spread_mean(&all), (double)mean), "the mean of large values is exact");
    ok(is_close(spread_deviation(&all), (double)sqrtl(squares / (SAMPLES - 1))),
       "so is the deviation: nothing cancels out");
    spread_merge(&half[0], &half[1]);
    ok(half[0].n == all.n && half[0].min == all.min && half[0].max == all.max &&
           is_close(spread_deviation(&half[0]), spread_deviation(&all)),
       "merged halves are the whole");
}

static void totals(void)
{
    struct spread one = {0}, two = {0}, sum = {0};

    spread_add(&one, 10);
    spread_add(&one, 20);
    spread_add(&two, 100);
    spread_add(&two, 300);
    spread_total(&sum, &one);
    spread_total(&sum, &two);
    ok(sum.min == 110 && sum.max == 320 && sum.n == 4, "bounds of jobs side by side add up");
    ok(is_close(spread_mean(&sum), 215), "so do their means");
    ok(is_close(spread_deviation(&sum), sqrt((50.0 + 20000.0) / 3)), "and their squares");
}

static void group(void)
{
    const struct job job = plain_job();
    struct job_stat one, two, sum;

    if (stat_init(&one, &job) || stat_init(&two, &job) || stat_init(&sum, &job))
        bail("no memory");
    stat_completed(&one, &job, READS, 4096, 100, 1000);
    stat_completed(&two, &job, READS, 4096, 100, 3000);
    stat_completed(&two, &job, WRITES, 512, 100, 500);
    one.dir[READS].runtime_ms = 10;
    two.dir[READS].runtime_ms = 20;
    one.pid = 7;
    two.error = 5;
    stat_add(&sum, &one);
    stat_add(&sum, &two);
    ok(sum.dir[READS].bytes == 8192 && sum.dir[READS].ios == 2 && sum.dir[WRITES].bytes == 512,
       "bytes and operations of a group add up");
    ok(sum.dir[READS].runtime_ms == 20 && sum.pid == 7 && sum.error == 5,
       "the runtime is the longer one, pid and error are the first");
    ok(sum.dir[READS].lat[LAT_COMPLETE].min == 1000 && sum.dir[READS].lat[LAT_TOTAL].max == 3100,
       "latencies are those of both");
    is(plat_percentile(sum.dir[READS].hist[LAT_COMPLETE], 2, 50), 1004, "histograms add up");
    stat_free(&one);
    if (stat_init(&one, &job))
        bail("no memory");
    stat_unify(&one, &sum);
    ok(one.dir[READS].ios == 3 && !one.dir[WRITES].ios, "all directions as one");
    stat_free(&one);
    stat_free(&two);
    stat_free(&sum);
}

int main(void)
{
    buckets();
    percentiles();
    classes();
    spreads();
    totals();
    group();
    return done();
}
