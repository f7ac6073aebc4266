/* SPDX-License-Identifier: Apache-2.0 */
/* The clock of a run, in ns. It begins near CLOCK_MONOTONIC and is read from the CPU's time stamp
 * counter where the kernel trusts that as its own clock source: 10 ns instead of 30, three times
 * in each operation. Its rate is measured once, at the beginning. */
#ifndef BFFIO_CLOCK_H
#define BFFIO_CLOCK_H

#include <stdint.h>
#include <time.h>

#ifdef __x86_64__
#include <x86intrin.h>
__extension__ typedef unsigned __int128 clock_product;
#endif

#define NEVER UINT64_MAX
#define NS_PER_US 1000ull
#define NS_PER_MS 1000000ull
#define NS_PER_S 1000000000ull

/* ns = began_ns + (ticks - began_ticks) * ns_per_tick / 2^32. Written before any thread is made. */
struct clock_rate {
    uint64_t ns_per_tick; /* times 2^32; 0: the counter is not used */
    uint64_t began_ticks, began_ns;
};
extern struct clock_rate clock_rate;

/* First thing of all, and once more before the run. */
void clock_begin(void);
void clock_calibrate(void);
/* The time of the clock `until` as one of CLOCK_MONOTONIC, for calls that sleep. */
struct timespec clock_timespec(uint64_t until_ns);

static inline uint64_t clock_monotonic_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

static inline uint64_t now_ns(void)
{
#ifdef __x86_64__
    if (__builtin_expect(clock_rate.ns_per_tick != 0, 1)) {
        uint64_t ticks = __rdtsc() - clock_rate.began_ticks;
        return clock_rate.began_ns +
               (uint64_t)((clock_product)ticks * clock_rate.ns_per_tick >> 32);
    }
#endif
    return clock_monotonic_ns();
}

static inline uint64_t sooner(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

#endif
