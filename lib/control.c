/* SPDX-License-Identifier: Apache-2.0 */
#include "control.h"

#include "engine.h"
#include "gate.h"

#include <string.h>

#define TICK_NS 10000000ull
#define TICK_LATE_NS 30000000ull /* a window that nobody attended to for so long tells nothing */
#define COST_BYTES 65536.0       /* as much as one operation */

/* What a target's rings have counted since they exist. */
struct totals {
    uint64_t completed, bytes, bound;
    int in_flight;
};

static struct totals totals_of(const auraio_engine_t *engine, const struct target *target)
{
    struct totals all = {0};
    int i = 0;

    for (struct ring *ring; (ring = engine_next_ring(engine, &i));) {
        const struct ring_target *at = ring_at(ring, target);
        all.completed += READ(at->ended);
        all.bytes += READ(at->bytes);
        all.bound += READ(at->bound);
        all.in_flight += aur_ring_in_flight_at(ring, at);
    }
    return all;
}

/* How far one octave has moved since the last tick; most have not. */
static void read_octave(struct control *control, const struct target *target, unsigned first)
{
    struct control_window *window = &control->window;

    for (unsigned i = first; i < first + LATENCY_STEPS; i++) {
        uint32_t now = READ(target->known[i]);
        window->latency[i] = now - control->known[i];
        window->samples += window->latency[i];
        control->known[i] = now;
    }
}

/* The window is all zero. */
static void read_latencies(struct control *control, const struct target *target)
{
    for (unsigned first = 0; first < LATENCY_BUCKETS; first += LATENCY_STEPS) {
        uint32_t moved = 0;
        for (unsigned i = first; i < first + LATENCY_STEPS; i += 4) /* four beside each other */
            moved |= (READ(target->known[i]) ^ control->known[i]) |
                     (READ(target->known[i + 1]) ^ control->known[i + 1]) |
                     (READ(target->known[i + 2]) ^ control->known[i + 2]) |
                     (READ(target->known[i + 3]) ^ control->known[i + 3]);
        if (moved)
            read_octave(control, target, first);
    }
}

static void read_window(const auraio_engine_t *engine, const struct target *target, bool refused)
{
    struct control *control = target->control;
    struct control_window *window = &control->window;
    struct totals all = totals_of(engine, target);

    *window = (struct control_window){.completed = all.completed - control->completed,
                                      .bound = all.bound - control->bound,
                                      .polls = 1};
    window->cost = (double)window->completed + (double)(all.bytes - control->bytes) / COST_BYTES;
    if (refused) /* a ring was full */
        window->bound = window->completed;
    for (int i = 0; i < 3; i++) {
        uint64_t over = READ(target->over[i]);
        window->over[i] = over - control->over[i];
        control->over[i] = over;
    }
    read_latencies(control, target);
    window->concurrency = all.in_flight;
    control->completed = all.completed;
    control->bytes = all.bytes;
    control->bound = all.bound;
}

static struct control_config config_of(const auraio_engine_t *engine)
{
    int most = engine->options.queue_depth * engine->ring_max, max = READ(engine->max_in_flight);

    return (struct control_config){.initial = engine->options.initial_in_flight,
                                   .min = READ(engine->min_in_flight),
                                   .max = max && max < most ? max : most,
                                   .ceiling_ns = READ(engine->max_p99_ms) * 1e6};
}

int aur_control_limit(const auraio_engine_t *engine, const struct target *target)
{
    int max = READ(engine->max_in_flight), limit = READ(target->wish);

    return !limit || (max && max < limit) ? max : limit;
}

static void publish(auraio_engine_t *engine, struct target *target)
{
    const struct control_verdict *verdict = &target->control->verdict;
    auraio_phase_t before = READ(target->phase);

    atomic_store(&target->knee, verdict->knee);
    atomic_store(&target->baseline_ms, verdict->baseline_p99_ns / 1e6);
    atomic_store(&target->searches, verdict->searches);
    atomic_store(&target->phase, verdict->phase);
    lock_take(&engine->limits);
    atomic_store(&target->wish, verdict->gated ? verdict->limit : 0);
    aur_gate_set_limit(engine, target, aur_control_limit(engine, target));
    lock_drop(&engine->limits);
    if (before != verdict->phase)
        aur_log(AURAIO_LOG_INFO, "target %u:%u: %s after %s, limit %d, knee %d", target->dev_major,
                target->dev_minor, auraio_phase_name((int)verdict->phase),
                auraio_phase_name((int)before), READ(target->limit), verdict->knee);
}

static void tick_target(auraio_engine_t *engine, struct target *target, double seconds,
                        bool attended, bool refused)
{
    struct control *control = target->control;

    if (!control)
        return;
    read_window(engine, target, refused);
    if (seconds <= 0) /* the first one: from here on is counted */
        return;
    if (!attended)
        control->window = (struct control_window){0};
    control->config = config_of(engine);
    aur_controller_tick(&control->controller, &control->config, seconds, &control->window,
                        &control->verdict);
    publish(engine, target);
}

/* What the targets say that were at work since the last tick. */
enum pace { IDLE, ON_TRIAL, UNLIMITED, LIMITED };

/* LIMITED: by their laws, all of them. */
static enum pace pace_of(const auraio_engine_t *engine)
{
    enum pace pace = IDLE;

    for (int i = 0; i < atomic_load(&engine->targets.count); i++) {
        const struct control *control = engine->targets.table[i]->control;
        if (!control || !control->window.completed)
            continue;
        if (control->verdict.trial)
            return ON_TRIAL;
        if (!control->verdict.gated)
            pace = UNLIMITED;
        else if (pace == IDLE)
            pace = LIMITED;
    }
    return pace;
}

/* All that rings have started, and the calls that it took. */
static void count_calls(const auraio_engine_t *engine, uint64_t *submissions, uint64_t *calls)
{
    int i = 0;

    *submissions = *calls = 0;
    for (struct ring *ring; (ring = engine_next_ring(engine, &i));) {
        *calls += READ(ring->count->submit_calls);
        for (int t = 0; t <= READ(engine->targets.count); t++)
            *submissions += READ(ring->at[t].started);
    }
}

/* A trial compares depths: meanwhile the batch stays, and nothing is learnt about it. */
static void tune_batch(auraio_engine_t *engine)
{
    enum pace pace = pace_of(engine);
    unsigned before = READ(engine->batch), batch = pace == UNLIMITED ? BATCH_MOST : before;
    uint64_t submissions, calls;

    if (!READ(engine->tunes_batch) || pace == IDLE)
        return;
    count_calls(engine, &submissions, &calls);
    if (pace == LIMITED) {
        uint64_t new_calls = calls - engine->batch_calls;
        if (new_calls < BATCH_CALLS)
            return;
        batch = batch_tuned(before, submissions - engine->batch_submissions, new_calls);
    }
    engine->batch_submissions = submissions;
    engine->batch_calls = calls;
    if (batch == before)
        return;
    lock_take(&engine->limits);
    if (READ(engine->tunes_batch))
        atomic_store(&engine->batch, batch);
    lock_drop(&engine->limits);
}

void aur_control_tick(auraio_engine_t *engine, uint64_t now_ns)
{
    uint64_t ends = READ(engine->tick_ends_ns);

    if (now_ns < ends || !atomic_compare_exchange_strong(&engine->tick_ends_ns, &ends, NO_DEADLINE))
        return;
    uint64_t took_ns = engine->tick_began_ns ? now_ns - engine->tick_began_ns : 0;
    uint64_t waits = READ(engine->wait_calls), refusals = READ(engine->full_count);
    bool attended = took_ns <= TICK_LATE_NS || waits != engine->tick_waits ||
                    READ(engine->looked_ns) + TICK_LATE_NS > now_ns;
    bool refused = refusals != engine->tick_refusals;

    for (int i = 0; i < atomic_load(&engine->targets.count); i++)
        tick_target(engine, engine->targets.table[i], (double)took_ns / 1e9, attended, refused);
    tune_batch(engine);
    engine->tick_began_ns = now_ns;
    engine->tick_waits = waits;
    engine->tick_refusals = refusals;
    atomic_store_explicit(&engine->tick_ends_ns, now_ns + TICK_NS, memory_order_release);
}
