/* SPDX-License-Identifier: Apache-2.0 */
/* What a task's thread works with while it runs. Nobody else looks into it, except that with a
 * shared engine other threads hand completions over (`handed`, `sleeping`). */
#ifndef BFFIO_LOOP_H
#define BFFIO_LOOP_H

#include "clock.h"
#include "pace.h"
#include "run.h"

#include <sys/resource.h>
#include <sys/uio.h>

#ifndef RWF_ATOMIC
#define RWF_ATOMIC 0x40 /* since Linux 6.11 */
#endif

/* An operation and how far it is. */
struct flight {
    struct io_unit unit;
    struct loop *loop;
    uint64_t moved;   /* bytes of it, when the first transfer was short */
    uint64_t done_ns; /* 0: the reading of the batch that it was reaped in */
    struct flight *next;
};

enum { DESTROY_MS = 10000 }; /* an engine's end waits so long for what is in flight */
enum sleeping { AWAKE, ON_FUTEX, IN_WAIT };

struct sampler { /* of bandwidth or operations per second */
    uint64_t every_ns, began, next;
    uint64_t last[DIRECTIONS];
};

struct loop {
    struct task *task;
    const struct job *job;
    struct workload *work;
    struct job_stat *stat;
    auraio_engine_t *engine;     /* NULL: a synchronous one */
    bool with_start, with_issue; /* which clock readings are wanted */
    bool has_limits;             /* max_latency, a log or a target: more to do with a completion */
    uint64_t now;                /* the latest clock reading */
    uint64_t next_event;

    /* operations */
    struct flight *flights, *free, **done;
    auraio_op_t *ops;
    struct flight **gathered;
    unsigned depth, batch, low, complete_min, complete_max;
    unsigned n_gathered, n_done, in_flight;
    int rw_flags; /* of every transfer, RWF_ATOMIC apart */
    bool has_rw_flags;
    bool starts_early;  /* sends when as much is gathered as is in flight */
    bool sends_at_once; /* the engine does, without a flush */
    bool waits;         /* the workload wants a completion first */
    bool over;          /* nothing more of this phase */
    bool is_lost;       /* the engine has failed and may still hold flights and their buffers */

    /* buffers, registered or not */
    unsigned char *memory;
    size_t memory_len, buffer_len;
    bool has_buffers, has_files;
    struct work_file *files;
    size_t n_files;
    int *registered; /* the descriptor in each slot */

    /* time */
    uint64_t began, measured, ramp_end, deadline, phase_began;
    struct sampler bw, iops;
    uint64_t elapsed_ns[DIRECTIONS];
    uint64_t phase_bytes[DIRECTIONS];
    bool timed_out, stopped, in_ramp;
    struct rusage used; /* at the beginning, or the ramp's end */
    struct pace pace;
    uint64_t flow_done; /* operations taken from task->flow */

    /* a shared engine */
    _Atomic(struct flight *) handed;
    _Atomic int sleeping;
    bool refused;    /* until something has completed */
    unsigned n_held; /* of the gathered: refused before */
    uint64_t *phase_hist[2];
    uint64_t phase_ios[2];
};

/* loop.c: memory and engine; 0 or -1 after task_fail. */
int loop_init(struct loop *loop, struct task *task);
void loop_free(struct loop *loop);

/* io_loop.c, sync_loop.c: one phase of the workload, until it or the time is over. */
void loop_run(struct loop *loop);
void loop_run_sync(struct loop *loop);
/* Waits for what is in flight. */
void loop_quiesce(struct loop *loop);
void loop_on_done(auraio_request_t *request, ssize_t result, void *user_data);

/* complete.c: a completion counted, or continued when it was short. */
void loop_complete(struct loop *loop, struct flight *flight, uint64_t now);
void loop_trim(struct loop *loop, struct flight *flight);
/* Made, but not to be carried out any more. */
void loop_drop(struct loop *loop, struct flight *flight);
/* Into the next submission. */
void loop_gather(struct loop *loop, struct flight *flight);

/* watch.c: what happens by the clock */
void watch_begin(struct loop *loop);
void watch_attend(struct loop *loop);
void watch_phase_begin(struct loop *loop);
void watch_phase_end(struct loop *loop);
/* Sleeps, the samples go on. false: to be stopped. */
bool watch_sleep(struct loop *loop, uint64_t until_ns);
/* flow: one more operation, when the others are not behind. false: not now. */
bool watch_flow(struct loop *loop);
/* thinktime, with nothing in flight. false: to be stopped. */
bool watch_think(struct loop *loop);

static inline bool job_is_sync(const struct job *job)
{
    return job->engine == ENGINE_SYNC || job->engine == ENGINE_VSYNC;
}

static inline bool loop_must_attend(const struct loop *loop)
{
    return loop->now >= loop->next_event ||
           atomic_load_explicit(&loop->task->attention, memory_order_relaxed);
}

static inline void loop_release(struct loop *loop, struct flight *flight)
{
    flight->next = loop->free;
    loop->free = flight;
}

#endif
