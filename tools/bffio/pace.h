/* SPDX-License-Identifier: Apache-2.0 */
/* When the next operation may go: rate, rate_process, thinktime, and the least rates. */
#ifndef BFFIO_PACE_H
#define BFFIO_PACE_H

#include "job.h"

struct pace {
    bool has_rate, has_thinktime, has_min;
    bool is_mixed; /* reads and writes, with rates */
    const struct job *job;
    uint64_t began_ns;
    uint64_t delay_ns; /* added to all times: thinktime that rates ignore */
    uint64_t due_ns[DIRECTIONS];
    uint64_t bytes[DIRECTIONS], ios[DIRECTIONS]; /* issued since began_ns */
    uint64_t random;                             /* of rate_process=poisson */
    uint64_t blocks_issued, blocks_done, blocks_seen;
    uint64_t iotime_began_ns;
    uint64_t checked_ns, checked_bytes[DIRECTIONS], checked_ios[DIRECTIONS];
};

void pace_init(struct pace *pace, const struct job *job, uint64_t now_ns);
/* Bytes and operations before the ramp's end do not count. */
void pace_restart(struct pace *pace, uint64_t now_ns);
/* When an operation of this direction may go. */
static inline uint64_t pace_due(const struct pace *pace, enum direction dir)
{
    return pace->due_ns[dir] + pace->delay_ns;
}
/* Of a mixed job: the direction that is late, DIRECTIONS when both may go. */
enum direction pace_late(const struct pace *pace, uint64_t now_ns);
void pace_issued(struct pace *pace, enum direction dir, uint64_t bytes);
/* Whether it is time to think. */
bool pace_must_think(struct pace *pace, uint64_t now_ns);
void pace_has_thought(struct pace *pace, uint64_t began_ns, uint64_t now_ns);
/* At least every rate_cycle: false when a direction is slower than the job allows; *dir tells. */
bool pace_holds_min(struct pace *pace, const uint64_t bytes[DIRECTIONS],
                    const uint64_t ios[DIRECTIONS], uint64_t now_ns, enum direction *dir);
/* What was done until now is not judged: reading back has no least rate. */
void pace_skip_min(struct pace *pace, const uint64_t bytes[DIRECTIONS],
                   const uint64_t ios[DIRECTIONS], uint64_t now_ns);

#endif
