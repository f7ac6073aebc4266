/* SPDX-License-Identifier: Apache-2.0 */
#include "clock.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { MEASURE_MS = 20, READINGS = 5 };

struct clock_rate clock_rate;

#ifdef __x86_64__

struct reading {
    uint64_t ticks, ns;
};

static struct reading first;

/* The counter and the clock at the same moment: the closest of some pairs. */
static struct reading read_both(void)
{
    struct reading best = {0, 0};
    uint64_t least = UINT64_MAX;

    for (int i = 0; i < READINGS; i++) {
        uint64_t before = __rdtsc(), ns = clock_monotonic_ns(), after = __rdtsc();
        if (after - before >= least)
            continue;
        least = after - before;
        best = (struct reading){before + least / 2, ns};
    }
    return best;
}

static bool kernel_trusts_counter(void)
{
    char name[32] = "";
    FILE *file = fopen("/sys/devices/system/clocksource/clocksource0/current_clocksource", "re");

    if (!file)
        return false;
    bool is_read = fgets(name, sizeof name, file) != NULL;
    fclose(file);
    return is_read && strcmp(name, "tsc\n") == 0;
}

void clock_begin(void)
{
    first = read_both();
}

/* Waits until the two readings are far enough from each other. */
void clock_calibrate(void)
{
    if (!kernel_trusts_counter())
        return;
    uint64_t past_ns = clock_monotonic_ns() - first.ns;
    if (past_ns < MEASURE_MS * NS_PER_MS) {
        struct timespec rest = {0, (long)(MEASURE_MS * NS_PER_MS - past_ns)};
        nanosleep(&rest, NULL);
    }
    struct reading last = read_both();
    if (last.ticks <= first.ticks || last.ns <= first.ns)
        return;
    clock_rate.began_ticks = last.ticks;
    clock_rate.began_ns = last.ns;
    clock_rate.ns_per_tick =
        (uint64_t)(((clock_product)(last.ns - first.ns) << 32) / (last.ticks - first.ticks));
}

#else

void clock_begin(void)
{
}

void clock_calibrate(void)
{
}

#endif

struct timespec clock_timespec(uint64_t until)
{
    uint64_t now = now_ns(), ns = clock_monotonic_ns() + (until > now ? until - now : 0);

    return (struct timespec){(time_t)(ns / NS_PER_S), (long)(ns % NS_PER_S)};
}
