/* SPDX-License-Identifier: Apache-2.0 */
/* The engine of a group: its life, and what its controller finds. */
#include "find.h"
#include "find_data.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    MOST_OFFERED = 512,        /* operations of all jobs together */
    LEAST_OFFERED = 8,         /* of one job; the controller looks at no fewer */
    SPARE_ROOM = 64,           /* what is refused is so by the target's limit alone */
    MOST_BUFFER_MIB = 512,     /* of a group */
    TRACE_ROOM = 10 * 60 * 600 /* points: ten hours */
};

/* The controller holds its ceiling within about a twentieth. */
static const double CEILING_PER_TARGET = 0.95;

struct shared *shared_new(void)
{
    struct shared *shared = calloc(1, sizeof *shared);

    if (!shared)
        return NULL;
    pthread_mutex_init(&shared->lock, NULL);
    pthread_cond_init(&shared->gone, NULL);
    shared->found.converge_ms = -1;
    shared->max_bs = 1;
    return shared;
}

void shared_free(struct shared *shared)
{
    if (!shared)
        return;
    pthread_mutex_destroy(&shared->lock);
    pthread_cond_destroy(&shared->gone);
    free(shared->hist[0]);
    free(shared->hist[1]);
    free(shared->found.trace);
    free(shared);
}

void shared_expect(struct shared *shared, const struct job *job)
{
    uint64_t target = job->target_p99_ns ? job->target_p99_ns : job->latency_target_ns;

    if (!shared->jobs++)
        shared->name = job->name;
    if (target && (!shared->target_ns || target < shared->target_ns))
        shared->target_ns = target;
    shared->is_open_ended |= job->iodepth_auto;
    shared->top += job->iodepth;
    shared->uses_sqpoll |= job->sqthread_poll;
    for (int d = 0; d < DIRECTIONS; d++)
        if (job->bs_max[d] > shared->max_bs)
            shared->max_bs = job->bs_max[d];
}

static unsigned room_of(const struct shared *shared)
{
    uint64_t room = ((uint64_t)MOST_BUFFER_MIB << 20) / shared->max_bs;
    uint64_t least = (uint64_t)LEAST_OFFERED * shared->jobs;

    if (room > MOST_OFFERED)
        room = MOST_OFFERED;
    return (unsigned)(room < least ? least : room);
}

unsigned shared_offer(const struct shared *shared)
{
    unsigned room = room_of(shared);

    return room / shared->jobs + room / 4; /* more than a fair share: somebody is refused */
}

static auraio_engine_t *make_engine(const struct shared *shared)
{
    auraio_options_t options;

    auraio_options_init(&options);
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    int rings = (int)(cpus < 1 ? 1 : (unsigned)cpus > shared->jobs ? shared->jobs : (unsigned)cpus);
    options.ring_count = rings;
    options.queue_depth = (int)room_of(shared) + SPARE_ROOM; /* one ring can take all */
    options.overflow = AURAIO_OVERFLOW_EAGAIN;
    options.control = AURAIO_CONTROL_KNEE;
    options.report_short = true;
    options.batch_threshold = 0;
    options.enable_sqpoll = shared->uses_sqpoll;
    options.max_p99_latency_ms = (double)shared->target_ns / 1e6 * CEILING_PER_TARGET;
    snprintf(options.name, sizeof options.name, "%s", shared->name);
    auraio_engine_t *engine = auraio_create_with_options(&options);
    unsigned top = shared->is_open_ended ? room_of(shared) : shared->top;
    if (engine && auraio_set_max_in_flight(engine, (int)top) != 0) {
        auraio_destroy(engine);
        engine = NULL;
    }
    return engine;
}

static int begin(struct shared *shared)
{
    for (int p = 0; p < 2; p++)
        if (!shared->hist[p] && !(shared->hist[p] = calloc(PLAT_BUCKETS, sizeof(uint64_t))))
            return -1;
    if (!shared->found.trace)
        shared->found.trace = calloc(TRACE_ROOM, sizeof(struct trace_point));
    if (!shared->found.trace)
        return -1;
    shared->engine = make_engine(shared);
    /* One clock for all engines of the group: the trace goes on. */
    if (!shared->began_ns)
        shared->began_ns = now_ns();
    atomic_store(&shared->is_steady, false);
    return shared->engine ? 0 : -1;
}

int shared_join(struct shared *shared, struct loop *loop)
{
    struct task *task = loop->task;
    int result = 0;

    for (int p = 0; p < 2; p++)
        loop->phase_hist[p] = calloc(PLAT_BUCKETS, sizeof(uint64_t));
    pthread_mutex_lock(&shared->lock);
    if (!shared->engine)
        result = begin(shared);
    int error = errno;
    if (result == 0 && loop->phase_hist[0] && loop->phase_hist[1]) {
        shared->users++;
        loop->engine = shared->engine;
    } else {
        task_fail(task, error, "no engine: %s", strerror(error));
        result = -1;
    }
    pthread_mutex_unlock(&shared->lock);
    pthread_mutex_lock(&task->lock);
    task->engine = loop->engine;
    pthread_mutex_unlock(&task->lock);
    return result;
}

static void tell_engine(struct shared *shared)
{
    struct found *found = &shared->found;
    auraio_features_t features;
    auraio_stats_t stats;

    if (auraio_get_features(shared->engine, &features) != 0 ||
        auraio_get_stats(shared->engine, &stats) != 0)
        return;
    found->valid = found->adaptive = true;
    found->backend = auraio_backend_name(features.backend);
    found->features = features.used;
    found->spills = stats.adaptive_spills;
}

/* With the lock. A loop whose flights are in an engine that has failed stays until that engine is
 * gone: the other loops meet the same failure. */
static void leave_engine(struct shared *shared, struct loop *loop)
{
    unsigned ended = shared->n_ended;

    if (--shared->users == 0) {
        shared->is_abandoned = auraio_destroy_timeout(shared->engine, DESTROY_MS) != 0;
        shared->engine = NULL;
        shared->n_ended++;
        pthread_cond_broadcast(&shared->gone);
    }
    while (loop->is_lost && shared->n_ended == ended)
        pthread_cond_wait(&shared->gone, &shared->lock);
    loop->is_lost = loop->is_lost && shared->is_abandoned;
}

void shared_leave(struct shared *shared, struct loop *loop)
{
    struct task *task = loop->task;

    pthread_mutex_lock(&task->lock);
    task->engine = NULL;
    pthread_mutex_unlock(&task->lock);
    shared_away(shared, loop);
    pthread_mutex_lock(&shared->lock);
    for (int p = 0; p < 2; p++) {
        shared->found.phase_ios[p] += loop->phase_ios[p];
        for (unsigned i = 0; i < PLAT_BUCKETS; i++)
            shared->hist[p][i] += loop->phase_hist[p][i];
    }
    tell_engine(shared);
    leave_engine(shared, loop);
    pthread_mutex_unlock(&shared->lock);
}

/* Several devices: the sum of limits, the worst latency, the phase of the one that is behind. */
static bool look(struct shared *shared, struct trace_point *point, int *phase)
{
    int targets = auraio_get_target_count(shared->engine), best = -1;

    memset(point, 0, sizeof *point);
    for (int i = 0; i < targets; i++) {
        auraio_target_stats_t stats;
        if (auraio_get_target_stats(shared->engine, i, &stats) != 0 || stats.iops <= 0)
            continue;
        uint64_t p99_ns = (uint64_t)(stats.p99_latency_ms * 1e6);
        point->limit += (uint32_t)stats.limit;
        point->iops += stats.iops;
        point->p99_ns = p99_ns > point->p99_ns ? p99_ns : point->p99_ns;
        if (best < 0 || stats.phase < AURAIO_PHASE_STEADY)
            best = (int)stats.phase;
    }
    *phase = best;
    return best >= 0;
}

static bool holds(int phase)
{
    return phase == AURAIO_PHASE_STEADY || phase == AURAIO_PHASE_CONVERGED;
}

void shared_watch(struct shared *shared)
{
    struct found *found = &shared->found;
    struct trace_point point;
    int phase;

    pthread_mutex_lock(&shared->lock);
    uint64_t ms = (now_ns() - shared->began_ns) / NS_PER_MS;
    if (shared->engine && look(shared, &point, &phase)) {
        bool is_steady = holds(phase) || (phase == AURAIO_PHASE_BACKOFF && found->converge_ms >= 0);
        if (is_steady && found->converge_ms < 0)
            found->converge_ms = (int64_t)ms;
        atomic_store_explicit(&shared->is_steady, is_steady, memory_order_relaxed);
        found->final_depth = (int)point.limit;
        found->phase = auraio_phase_name(phase);
        point.ms = (uint32_t)ms;
        if (found->n_trace < TRACE_ROOM &&
            (!found->n_trace || ms - found->trace[found->n_trace - 1].ms >= TRACE_MS - 10))
            found->trace[found->n_trace++] = point;
    }
    pthread_mutex_unlock(&shared->lock);
}

/* Without a steady phase the whole run is judged. */
void shared_result(struct shared *shared, struct found *found)
{
    pthread_mutex_lock(&shared->lock);
    struct found *own = &shared->found;
    for (int p = 0; p < 2; p++)
        own->phase_p99_ns[p] = plat_percentile(shared->hist[p], own->phase_ios[p], 99);
    int p = own->phase_ios[1] ? 1 : 0;
    own->p99_ns = own->phase_p99_ns[p];
    own->target_ns = shared->target_ns;
    own->met = !shared->target_ns || (own->p99_ns && own->p99_ns <= shared->target_ns);
    if (!own->phase)
        own->phase = auraio_phase_name(AURAIO_PHASE_PASSTHROUGH);
    *found = *own;
    pthread_mutex_unlock(&shared->lock);
}
