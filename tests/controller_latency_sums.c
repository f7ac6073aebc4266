/* SPDX-License-Identifier: Apache-2.0 */
/* Buckets of latency are where they say, and percentiles and distances are right. */
#include "latency.h"
#include "tap.h"

#include <math.h>
#include <string.h>

static struct latency_sum a, b;
static uint32_t window[LATENCY_BUCKETS];

int main(void)
{
    int misplaced = 0;

    for (unsigned i = 0; i < LATENCY_BUCKETS; i++) {
        misplaced += latency_bucket(latency_bucket_begin(i)) != i;
        misplaced += latency_bucket(latency_bucket_begin(i + 1) - 1) != i;
    }
    is(misplaced, 0, "each bucket holds what lies between its ends");
    is(latency_bucket(0), 0, "the first one all that is shorter");
    is(latency_bucket(UINT64_MAX), LATENCY_BUCKETS - 1, "the last one all that is longer");

    is((int)aur_latency_sum_percentile(&a, 99), 0, "nothing has no percentile");
    is((int)aur_latency_sum_distance(&a, &b), 0, "... and no distance");
    window[latency_bucket(1000000)] = 98;
    window[latency_bucket(9000000)] = 2;
    aur_latency_sum_add(&a, window);
    is(a.count, 100, "sums count");
    ok(fabs(aur_latency_sum_percentile(&a, 50) / 1e6 - 1) < 0.05, "the median is right");
    ok(fabs(aur_latency_sum_percentile(&a, 99) / 9e6 - 1) < 0.05, "the P99 is right");

    aur_latency_sum_add(&b, window);
    ok(aur_latency_sum_distance(&a, &b) < 1e-9, "the same is at no distance");
    aur_latency_sum_clear(&b);
    window[latency_bucket(1000000)] = 0;
    window[latency_bucket(1000000) + 1] = 98;
    aur_latency_sum_add(&b, window);
    ok(aur_latency_sum_distance(&a, &b) < 1e-9, "nor is what differs by one bucket");
    window[latency_bucket(1000000) + 1] = 0;
    window[latency_bucket(2000000)] = 98;
    aur_latency_sum_clear(&b);
    aur_latency_sum_add(&b, window);
    ok(fabs(aur_latency_sum_distance(&a, &b) - 0.98) < 1e-9, "what is elsewhere is far away");

    aur_latency_sum_clear(&a);
    memset(window, 0, sizeof window);
    for (unsigned i = 0; i < LATENCY_STEPS; i++)
        window[i] = 1u << 28;
    aur_latency_sum_add(&a, window);
    ok(a.count == UINT64_C(1) << 32, "an octave of more than 32 bits of samples counts");
    return done();
}
