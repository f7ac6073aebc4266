/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Statistics: windows closed on the reaping path, snapshots for any thread, the
 * settings that may change while running. Counters are atomics with one writer
 * or added to; a snapshot takes no lock that the I/O path waits for.
 */
#include "control.h"
#include "engine.h"
#include "gate.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/sysmacros.h>

#define WINDOW_NS 100000000ull      /* 100 ms, */
#define WINDOW_MAX_NS 1000000000ull /* up to 1 s for the samples a P99 needs */
#define WINDOW_SAMPLES 20

/* Of transfers only; a descriptor that openat returned is no number of bytes. */
static uint64_t bytes_of(const struct ring *ring)
{
    uint64_t bytes = 0;

    for (int i = 1; i <= READ(ring->engine->targets.count); i++)
        bytes += READ(ring->at[i].bytes);
    return bytes;
}

static void close_ring_window(struct ring *ring, double seconds, auraio_histogram_t *sum)
{
    auraio_histogram_t *window = ring->window;
    uint64_t bytes = bytes_of(ring);

    if (!lock_try(&ring->window_lock))
        return; /* somebody copies the last one: this one goes into the next */
    aur_histogram_window(&ring->histogram, ring->window_start, window);
    lock_drop(&ring->window_lock);
    for (int i = 0; i < AURAIO_HISTOGRAM_BUCKETS; i++)
        sum->buckets[i] += window->buckets[i];
    sum->overflow += window->overflow;
    sum->total_count += window->total_count;
    double p99 = auraio_histogram_percentile(window, 99);
    atomic_store(&ring->p99_ms, p99 < 0 ? 0 : p99);
    atomic_store(&ring->throughput_bps, (double)(bytes - ring->window_bytes) / seconds);
    ring->window_bytes = bytes;
}

static double window_p99_ns(struct target *target)
{
    uint32_t window[LATENCY_BUCKETS];
    struct latency_sum sum = {0};

    for (int i = 0; i < LATENCY_BUCKETS; i++) {
        uint32_t now = READ(target->latency[i]);
        window[i] = now - target->window_start[i];
        target->window_start[i] = now;
    }
    aur_latency_sum_add(&sum, window);
    return aur_latency_sum_percentile(&sum, 99);
}

static void close_target_windows(auraio_engine_t *engine, double seconds)
{
    struct targets *targets = &engine->targets;

    for (int i = 0; i < atomic_load(&targets->count); i++) {
        struct target *t = targets->table[i];
        uint64_t completed = 0, bytes = 0;
        int r = 0;
        for (struct ring *ring; (ring = engine_next_ring(engine, &r));) {
            completed += READ(ring_at(ring, t)->ended);
            bytes += READ(ring_at(ring, t)->bytes);
        }
        atomic_store(&t->iops, (double)(completed - t->window_completed) / seconds);
        atomic_store(&t->throughput_bps, (double)(bytes - t->window_bytes) / seconds);
        atomic_store(&t->p99_ms, window_p99_ns(t) / 1e6);
        atomic_store(&t->refused, 0); /* if that ring still wants a place, it will say so */
        t->window_completed = completed;
        t->window_bytes = bytes;
    }
}

static uint64_t samples(const auraio_engine_t *engine)
{
    uint64_t n = 0;
    int i = 0;

    for (struct ring *ring; (ring = engine_next_ring(engine, &i));)
        for (int t = 1; t <= READ(engine->targets.count); t++)
            n += READ(ring->at[t].ended);
    return n;
}

static int in_flight(const auraio_engine_t *engine)
{
    int n = 0, i = 0;

    for (struct ring *ring; (ring = engine_next_ring(engine, &i));)
        n += aur_ring_in_flight(ring);
    return n;
}

static void note_peak(auraio_engine_t *engine, int now)
{
    int peak = READ(engine->peak_in_flight);

    while (now > peak && !atomic_compare_exchange_weak(&engine->peak_in_flight, &peak, now))
        ;
}

/* One thread closes the window: the one whose exchange moves the end out of reach. */
void aur_stats_tick(auraio_engine_t *engine, uint64_t now_ns)
{
    uint64_t ends = READ(engine->window_ends_ns);

    if (now_ns < ends ||
        !atomic_compare_exchange_strong(&engine->window_ends_ns, &ends, NO_DEADLINE))
        return;
    uint64_t began = engine->window_began_ns;
    uint64_t n = samples(engine) - engine->window_samples;
    bool closes = began && (n >= WINDOW_SAMPLES || now_ns - began >= WINDOW_MAX_NS);

    note_peak(engine, in_flight(engine));
    if (closes) {
        auraio_histogram_t *sum = engine->window_sum;
        double seconds = (double)(now_ns - began) / 1e9, throughput = 0;
        int i = 0;
        memset(sum, 0, sizeof *sum);
        for (struct ring *ring; (ring = engine_next_ring(engine, &i));) {
            close_ring_window(ring, seconds, sum);
            throughput += atomic_load(&ring->throughput_bps);
        }
        double p99 = auraio_histogram_percentile(sum, 99);
        atomic_store(&engine->p99_ms, p99 < 0 ? 0 : p99);
        atomic_store(&engine->throughput_bps, throughput);
        close_target_windows(engine, seconds);
    }
    aur_publish_tick(engine);
    if (closes || !began) {
        engine->window_began_ns = now_ns;
        engine->window_samples = samples(engine);
    }
    atomic_store_explicit(&engine->window_ends_ns, now_ns + WINDOW_NS, memory_order_release);
}

/* How many operations a target may have, as far as that is limited. */
static int limit_of(const auraio_engine_t *engine, int limit)
{
    int most = engine->options.queue_depth * engine->ring_max;

    return limit && limit < most ? limit : most;
}

/* Of all targets that have a limit; without one it is what the rings hold. */
static int sum_of_limits(const auraio_engine_t *engine)
{
    int sum = 0;

    for (int i = 0; i < atomic_load(&engine->targets.count); i++)
        sum += READ(engine->targets.table[i]->limit);
    return limit_of(engine, sum ? sum : READ(engine->max_in_flight));
}

/* The target that a ring has done most for; NULL: none. */
static const struct target *main_target(const struct ring *ring)
{
    const struct targets *targets = &ring->engine->targets;
    int best = 0;

    for (int i = 1; i < atomic_load(&targets->count); i++)
        if (READ(ring->at[1 + i].started) > READ(ring->at[1 + best].started))
            best = i;
    return READ(ring->at[1 + best].started) ? targets->table[best] : NULL;
}

static int batch_of(const auraio_engine_t *engine)
{
    unsigned batch = READ(engine->batch);

    return batch == UINT_MAX ? 0 : (int)batch;
}

/* The output is zeroed whatever happens; 0 or an errno value. */
static int begin(auraio_engine_t *engine, void *out, size_t size)
{
    if (out)
        memset(out, 0, size);
    if (!engine || !out)
        return EINVAL;
    return engine_is_forked(engine) ? EOWNERDEAD : 0;
}

int auraio_get_stats(auraio_engine_t *engine, auraio_stats_t *stats)
{
    int error = begin(engine, stats, sizeof *stats), i = 0;

    if (error)
        return aur_fail(error);
    for (struct ring *ring; (ring = engine_next_ring(engine, &i));) {
        const struct segment_ring *count = ring->count;
        stats->ops_completed += (int64_t)ring_completed(ring);
        stats->ops_failed += (int64_t)READ(count->failed);
        stats->bytes_transferred += (int64_t)bytes_of(ring);
        stats->current_in_flight += aur_ring_in_flight(ring);
        stats->queued += (int)READ(count->queued);
        stats->adaptive_spills += READ(count->spills);
        stats->submit_calls += READ(count->submit_calls);
        stats->resubmitted += READ(count->resubmitted);
        note_peak(engine, (int)READ(count->peak_in_flight));
    }
    note_peak(engine, stats->current_in_flight);
    stats->peak_in_flight = READ(engine->peak_in_flight);
    stats->optimal_in_flight = sum_of_limits(engine);
    stats->optimal_batch_size = batch_of(engine);
    stats->current_throughput_bps = atomic_load(&engine->throughput_bps);
    stats->p99_latency_ms = atomic_load(&engine->p99_ms);
    stats->wait_calls = READ(engine->wait_calls);
    stats->eagain_count = READ(engine->eagain_count);
    stats->abandoned = READ(engine->abandoned);
    return 0;
}

int auraio_get_ring_count(auraio_engine_t *engine)
{
    return engine ? engine->ring_max : 0;
}

static unsigned ring_flags(const struct ring *ring)
{
    static const struct {
        int feature;
        unsigned flag;
    } map[] = {{AURAIO_FEATURE_COOP_TASKRUN, AURAIO_RING_COOP_TASKRUN},
               {AURAIO_FEATURE_SINGLE_ISSUER, AURAIO_RING_SINGLE_ISSUER},
               {AURAIO_FEATURE_DEFER_TASKRUN, AURAIO_RING_DEFER_TASKRUN},
               {AURAIO_FEATURE_SQPOLL, AURAIO_RING_SQPOLL}};
    uint64_t features = atomic_load(&ring->features);
    unsigned flags = features ? 0 : AURAIO_RING_THREADS;

    for (size_t i = 0; i < sizeof map / sizeof *map; i++)
        if (features >> map[i].feature & 1)
            flags |= map[i].flag;
    return flags;
}

int auraio_get_ring_stats(auraio_engine_t *engine, int index, auraio_ring_stats_t *stats)
{
    int error = begin(engine, stats, sizeof *stats);

    if (!error && (index < 0 || index >= engine->ring_max))
        error = EINVAL;
    if (error)
        return aur_fail(error);
    stats->phase = AURAIO_PHASE_PASSTHROUGH;
    stats->batch_threshold = batch_of(engine);
    struct ring *ring = engine_ring_made(engine, index);
    if (!ring) {
        stats->flags = AURAIO_RING_UNUSED;
        stats->queue_depth = engine->options.queue_depth;
        return 0;
    }
    stats->ops_completed = (int64_t)ring_completed(ring);
    stats->bytes_transferred = (int64_t)bytes_of(ring);
    stats->pending_count = aur_ring_pending(ring);
    stats->peak_in_flight = (int)READ(ring->count->peak_in_flight);
    const struct target *target = main_target(ring);
    int limit = target ? READ(target->limit) : READ(engine->max_in_flight);
    stats->in_flight_limit = limit && limit < ring->granted ? limit : ring->granted;
    if (target)
        stats->phase = READ(target->phase);
    stats->p99_latency_ms = atomic_load(&ring->p99_ms);
    stats->throughput_bps = atomic_load(&ring->throughput_bps);
    stats->queue_depth = ring->granted;
    stats->flags = ring_flags(ring);
    return 0;
}

int auraio_get_target_count(auraio_engine_t *engine)
{
    return engine ? atomic_load(&engine->targets.count) : 0;
}

int auraio_get_target_stats(auraio_engine_t *engine, int index, auraio_target_stats_t *stats)
{
    int error = begin(engine, stats, sizeof *stats);

    if (!error && (index < 0 || index >= atomic_load(&engine->targets.count)))
        error = EINVAL;
    if (error)
        return aur_fail(error);
    const struct target *t = engine->targets.table[index];
    stats->dev_major = t->dev_major;
    stats->dev_minor = t->dev_minor;
    stats->limit = limit_of(engine, READ(t->limit));
    int i = 0;
    for (struct ring *ring; (ring = engine_next_ring(engine, &i));)
        stats->in_flight += aur_ring_in_flight_at(ring, ring_at(ring, t));
    if (target_is_gated(t) && READ(t->taken) < stats->in_flight) /* the sum is of many moments */
        stats->in_flight = READ(t->taken);
    stats->queued = READ(t->queued);
    stats->phase = READ(t->phase);
    stats->knee = READ(t->knee);
    stats->baseline_p99_ms = READ(t->baseline_ms);
    stats->searches = READ(t->searches);
    stats->p99_latency_ms = atomic_load(&t->p99_ms);
    stats->iops = atomic_load(&t->iops);
    stats->throughput_bps = atomic_load(&t->throughput_bps);
    stats->limit_changes = READ(t->limit_raised) + READ(t->limit_lowered);
    return 0;
}

int auraio_get_histogram(auraio_engine_t *engine, int index, auraio_histogram_t *hist)
{
    int error = begin(engine, hist, sizeof *hist);

    if (!error && (index < 0 || index >= engine->ring_max))
        error = EINVAL;
    if (error)
        return aur_fail(error);
    struct ring *ring = engine_ring_made(engine, index);
    if (!ring)
        return 0;
    if (engine->options.disable_adaptive) {
        aur_histogram_export(&ring->histogram, NULL, hist);
        return 0;
    }
    lock_take(&ring->window_lock);
    *hist = *ring->window;
    lock_drop(&ring->window_lock);
    return 0;
}

const char *auraio_phase_name(int phase)
{
    static const char *const names[] = {"BASELINE", "PROBING",   "STEADY",     "BACKOFF",
                                        "SETTLING", "CONVERGED", "PASSTHROUGH"};

    return phase >= 0 && phase < (int)(sizeof names / sizeof *names) ? names[phase] : "UNKNOWN";
}

static int may_set(auraio_engine_t *engine, bool valid)
{
    if (!engine || !valid)
        return EINVAL;
    return engine_check(engine);
}

int auraio_set_max_p99_latency(auraio_engine_t *engine, double ms)
{
    int error = may_set(engine, isfinite(ms) && ms >= 0);

    if (error)
        return aur_fail(error);
    atomic_store(&engine->max_p99_ms, ms);
    return 0;
}

int auraio_set_min_in_flight(auraio_engine_t *engine, int n)
{
    int error = may_set(engine, n >= 0);

    if (error)
        return aur_fail(error);
    atomic_store(&engine->min_in_flight, n);
    return 0;
}

int auraio_set_max_in_flight(auraio_engine_t *engine, int n)
{
    int error = may_set(engine, n >= 0);

    if (!error)
        error = engine_enter(engine); /* destroy waits */
    if (error)
        return aur_fail(error);
    lock_take(&engine->limits);
    atomic_store(&engine->max_in_flight, n);
    lock_take(&engine->targets.lock); /* a target that appears now gets it from there */
    atomic_store(&engine->targets.limit, n);
    int count = atomic_load(&engine->targets.count);
    lock_drop(&engine->targets.lock);
    for (int i = 0; i < count; i++)
        aur_gate_set_limit(engine, engine->targets.table[i],
                           aur_control_limit(engine, engine->targets.table[i]));
    lock_drop(&engine->limits);
    engine_leave(engine);
    return 0;
}

int auraio_set_batch_threshold(auraio_engine_t *engine, int n)
{
    int error = may_set(engine, n >= -1);

    if (error)
        return aur_fail(error);
    lock_take(&engine->limits);
    aur_engine_set_batch(engine, n);
    lock_drop(&engine->limits);
    int i = 0;
    for (struct ring *ring; (ring = engine_next_ring(engine, &i));) {
        ring_lock(ring);
        if (ring->uring)
            ring->uring->room = 0; /* counted anew, with this batch */
        ring_unlock(ring);
    }
    return 0;
}

int auraio_get_fatal_error(auraio_engine_t *engine)
{
    return engine ? atomic_load(&engine->fatal) : aur_fail(EINVAL);
}
