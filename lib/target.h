/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A storage target is one device: what the in-flight limit belongs to. With a limit
 * it has so many places, which rings take and give back: see gate.h; without one
 * there is no gate and nothing to count. Targets are never removed while their
 * engine lives, so a pointer to one needs no reference.
 */
#ifndef AUR_TARGET_H
#define AUR_TARGET_H

#include "latency.h"
#include "lock.h"

#include <auraio.h>
#include <stdatomic.h>
#include <stdint.h>

#define TARGET_MAX 64     /* devices told apart; those beyond share the last one */
#define TARGET_CACHE 1024 /* descriptors remembered, direct mapped */

struct target {
    unsigned dev_major, dev_minor; /* fixed at creation */
    uint16_t index;
    bool stream; /* pipes, sockets, terminals: they may never be ready, so no law counts on them */
    _Atomic int limit;   /* 0: passthrough, no gate */
    _Atomic int taken;   /* no less than rings have; may be over a limit that was lowered */
    _Atomic int queued;  /* held back on all rings */
    _Atomic int waiting; /* rings that hold some back */
    _Atomic int
        refused; /* number + 1 of a ring that refused a submission, and will be asked again */
    _Atomic uint64_t limit_raised, limit_lowered; /* how often; each for itself never falls */

    struct control *control; /* NULL: none; fixed at creation, used by the thread that ticks */
    /* What the law said last; for statistics and the setters. */
    _Atomic int wish; /* 0: no gate */
    _Atomic int knee;
    _Atomic auraio_phase_t phase;
    _Atomic double baseline_ms;
    _Atomic uint64_t searches;

    /* Device latencies: sampled by all rings, so added to atomically. */
    _Atomic uint32_t latency[LATENCY_BUCKETS];
    _Atomic uint32_t known[LATENCY_BUCKETS]; /* those whose end is known to a tenth of them */
    _Atomic uint64_t over[3];                /* known ones over 1.0, 0.9 and 0.8 of the ceiling */

    /* The last closed window; written by the tick, read by statistics. */
    uint64_t window_completed, window_bytes;
    _Atomic double iops, throughput_bps, p99_ms;
    uint32_t window_start[LATENCY_BUCKETS];
};

/*
 * Owned by the engine. The table grows under the lock; count is published after
 * the entry, so readers need none. The cache maps a descriptor to a target, one
 * word an entry: descriptor << 8 | stream << 7 | target << 1 | 1, or 0.
 */
struct targets {
    struct lock lock;
    _Atomic int count;
    _Atomic int limit; /* what a new target starts with */
    bool controlled;   /* it gets a control law: */
    auraio_control_t law;
    struct target *table[TARGET_MAX];
    _Atomic uint64_t cache[TARGET_CACHE];
};

/*
 * The target of a descriptor, and whether it is a stream (a pipe, a socket, a
 * terminal: nothing that stores). Asks the kernel when it is not in the cache, or
 * when told to.
 */
struct target *aur_target_of(struct targets *targets, int fd, bool ask, bool *stream);
void aur_target_forget(struct targets *targets, int fd); /* the descriptor is being closed */
void aur_targets_free(struct targets *targets);

static inline uint64_t target_word(struct targets *targets, int fd)
{
    return atomic_load_explicit(&targets->cache[(unsigned)fd % TARGET_CACHE], memory_order_acquire);
}

static inline struct target *target_cached(struct targets *targets, int fd, bool *stream)
{
    uint64_t word = target_word(targets, fd);

    if (!word || (uint32_t)(word >> 8) != (uint32_t)fd)
        return NULL;
    *stream = word >> 7 & 1;
    return targets->table[word >> 1 & (TARGET_MAX - 1)];
}

static inline bool target_is_gated(const struct target *target)
{
    return atomic_load_explicit(&target->limit, memory_order_relaxed) != 0;
}

static inline bool target_is_full(struct target *target)
{
    return atomic_load(&target->taken) >=
           atomic_load_explicit(&target->limit, memory_order_relaxed);
}

/* A place of a gated target; false when all are taken. An ungated one always has. */
static inline bool target_take(struct target *target)
{
    int taken = atomic_load(&target->taken);

    for (;;) {
        int limit = atomic_load(&target->limit);
        if (limit && taken >= limit)
            return false;
        if (atomic_compare_exchange_weak(&target->taken, &taken, taken + 1))
            return true;
    }
}

/* n places. True when somebody may be waiting for them. */
static inline bool target_give(struct target *target, int n)
{
    int taken = atomic_fetch_sub(&target->taken, n);

    AUR_ASSERT(n > 0 && taken >= n);
    (void)taken;
    return atomic_load(&target->queued) > 0;
}

#endif
