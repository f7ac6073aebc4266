/* SPDX-License-Identifier: Apache-2.0 */
/* Rates are kept from the beginning on, not from one operation to the next: what a slow moment
 * lost is made up for, as in fio. */
#include "pace.h"

#include "clock.h"

#include <math.h>
#include <string.h>

enum { MIN_RATE_GRACE_MS = 2000 }; /* before the first look at the least rates */

void pace_init(struct pace *pace, const struct job *job, uint64_t now)
{
    memset(pace, 0, sizeof *pace);
    pace->job = job;
    for (int d = 0; d < DIRECTIONS; d++) {
        pace->has_rate |= job->rate_bytes[d] || job->rate_iops[d];
        pace->has_min |= job->rate_min_bytes[d] || job->rate_iops_min[d];
    }
    pace->is_mixed = pace->has_rate && (job->kind & KIND_READ) && (job->kind & KIND_WRITE);
    pace->has_thinktime = job->thinktime_us != 0;
    pace->random = (job->randseed + job->index + 1) * 0x9e3779b97f4a7c15ull;
    pace_restart(pace, now);
}

void pace_restart(struct pace *pace, uint64_t now)
{
    pace->began_ns = pace->checked_ns = pace->iotime_began_ns = now;
    pace->delay_ns = 0;
    for (int d = 0; d < DIRECTIONS; d++) {
        pace->due_ns[d] = now;
        pace->bytes[d] = pace->ios[d] = 0;
        pace->checked_bytes[d] = pace->checked_ios[d] = 0;
    }
}

/* In (0, 1]. */
static double next_random(struct pace *pace)
{
    uint64_t x = pace->random;

    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    pace->random = x;
    return ((double)(x >> 11) + 1) / 9007199254740992.0;
}

static uint64_t share_ns(uint64_t n, uint64_t per_second)
{
    return n / per_second * NS_PER_S +
           (uint64_t)((double)(n % per_second) / (double)per_second * 1e9);
}

enum direction pace_late(const struct pace *pace, uint64_t now)
{
    uint64_t reads = pace_due(pace, READS), writes = pace_due(pace, WRITES);

    if (reads <= now && writes <= now)
        return DIRECTIONS;
    return reads <= writes ? READS : WRITES;
}

void pace_issued(struct pace *pace, enum direction dir, uint64_t bytes)
{
    const struct job *job = pace->job;
    uint64_t rate = job->rate_bytes[dir], iops = job->rate_iops[dir];

    pace->blocks_issued++;
    pace->bytes[dir] += bytes;
    pace->ios[dir]++;
    if (!rate && !iops)
        return;
    if (job->rate_process_poisson) {
        double mean = iops ? 1e9 / (double)iops : (double)bytes / (double)rate * 1e9;
        pace->due_ns[dir] += (uint64_t)(-log(next_random(pace)) * mean);
        return;
    }
    pace->due_ns[dir] = pace->began_ns;
    pace->due_ns[dir] += iops ? share_ns(pace->ios[dir], iops) : share_ns(pace->bytes[dir], rate);
}

bool pace_must_think(struct pace *pace, uint64_t now)
{
    const struct job *job = pace->job;
    uint64_t blocks = job->thinktime_counts_issue ? pace->blocks_issued : pace->blocks_done;

    if (job->thinktime_iotime_us)
        return now - pace->iotime_began_ns >= job->thinktime_iotime_us * NS_PER_US;
    return blocks - pace->blocks_seen >= (job->thinktime_blocks ? job->thinktime_blocks : 1);
}

void pace_has_thought(struct pace *pace, uint64_t began, uint64_t now)
{
    const struct job *job = pace->job;

    pace->blocks_seen = job->thinktime_counts_issue ? pace->blocks_issued : pace->blocks_done;
    pace->iotime_began_ns = now;
    if (job->rate_ignore_thinktime)
        pace->delay_ns += now - began;
}

static bool has_direction(const struct job *job, int d)
{
    bool trims_writes = job->kind & KIND_TRIM_WRITE;

    return job->kind & (1u << d) || (trims_writes && d != READS);
}

void pace_skip_min(struct pace *pace, const uint64_t bytes[DIRECTIONS],
                   const uint64_t ios[DIRECTIONS], uint64_t now)
{
    memcpy(pace->checked_bytes, bytes, sizeof pace->checked_bytes);
    memcpy(pace->checked_ios, ios, sizeof pace->checked_ios);
    pace->checked_ns = now;
}

bool pace_holds_min(struct pace *pace, const uint64_t bytes[DIRECTIONS],
                    const uint64_t ios[DIRECTIONS], uint64_t now, enum direction *dir)
{
    const struct job *job = pace->job;
    uint64_t cycle_ms = job->rate_cycle_ms ? job->rate_cycle_ms : 1000;
    uint64_t spent_ns = now - pace->checked_ns;

    if (now - pace->began_ns < MIN_RATE_GRACE_MS * NS_PER_MS || spent_ns < cycle_ms * NS_PER_MS)
        return true;
    bool holds = true;
    for (int d = 0; d < DIRECTIONS; d++) {
        double seconds = (double)spent_ns / 1e9;
        double rate = (double)(bytes[d] - pace->checked_bytes[d]) / seconds;
        double iops = (double)(ios[d] - pace->checked_ios[d]) / seconds;
        if (holds && has_direction(job, d) &&
            (rate < (double)job->rate_min_bytes[d] || iops < (double)job->rate_iops_min[d])) {
            *dir = (enum direction)d;
            holds = false;
        }
    }
    pace_skip_min(pace, bytes, ios, now);
    return holds;
}
