/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an engine owns. Fields without a note are written by create and read-only
 * until destroy.
 */
#ifndef AUR_ENGINE_H
#define AUR_ENGINE_H

#include "backend.h"
#include "batch.h"
#include "bufpool.h"
#include "events.h"
#include "handle.h"
#include "kern.h"
#include "publish.h"
#include "registered.h"
#include "ring.h"
#include "target.h"
#include "thread.h"

#include <errno.h>

#define CPU_MAP 1024 /* CPUs told apart; those beyond share entries */

struct auraio_engine {
    _Atomic uint64_t epoch;    /* of what the short way takes for granted: see express.h */
    _Atomic int refuse;        /* errno that submissions get: ESHUTDOWN, a fatal one, or 0 */
    _Atomic int fatal;         /* the errno a ring failed with for good */
    _Atomic bool given_up;     /* destroy has returned without us: no more callbacks */
    uint32_t id;               /* in the table of handle.c */
    _Atomic uint32_t instance; /* tells living engines of one name apart: see publish.c */
    uint64_t serial;           /* no other engine of the process ever has it */
    uint64_t born;             /* value of the fork page at creation */
    const _Atomic uint64_t *fork_word; /* ... where it stands, or what tells a child */
    _Atomic uint32_t owner; /* single_thread: the thread that submitted first; 0: none yet */
    _Atomic unsigned batch; /* submissions gathered; UINT_MAX: as many as come */
    int ring_max;
    uint64_t anon_device; /* where anonymous descriptors live: see aur_engine_owns */
    int cpus;
    auraio_options_t options; /* as given, zeros resolved */

    /* Rings by number, NULL before first use; published with release. */
    _Atomic(struct ring *) *rings;
    _Atomic uint16_t *stands_in;       /* ring + 1 that serves in the place of one not to be had */
    _Atomic int ring_turn;             /* ROUND_ROBIN */
    _Atomic int cpu_rings;             /* CPUs met so far: each gets the next ring */
    _Atomic uint16_t cpu_map[CPU_MAP]; /* ring + 1 of a CPU; 0: not met */

    struct events events;
    struct targets targets;
    struct registered registered;
    _Atomic(struct workers *) workers; /* made on first use, under setup */
    struct bufpool *pool;
    struct publication publication;

    struct lock setup;          /* rings and workers being made, registered sets; outermost */
    auraio_features_t features; /* backend and reason change under features_lock */
    struct lock features_lock;

    auraio_engine_t *next_abandoned; /* see abandon() */

    /* Run-time settings and statistics. */
    _Atomic int max_in_flight, min_in_flight;
    _Atomic double max_p99_ms;
    _Atomic uint64_t wait_calls, eagain_count, abandoned;
    _Atomic uint64_t full_count; /* of eagain_count, for want of room in the rings */
    struct lock limits; /* around a choice of targets' limits and its consequences, or of batch */
    _Atomic bool tunes_batch; /* the library decides on it; written under limits */
    _Atomic int peak_in_flight;
    _Atomic uint64_t last_reap_ns;   /* when completions were last collected, on any ring */
    _Atomic uint64_t window_ends_ns; /* CAS by the thread that closes the window */
    _Atomic uint64_t tick_ends_ns;   /* likewise for the control laws */
    uint64_t tick_began_ns, tick_waits, tick_refusals; /* by the thread that ticks */
    uint64_t batch_submissions, batch_calls;           /* likewise; from there on batch is judged */
    _Atomic uint64_t looked_ns; /* when a poll last found nothing: see aur_ring_sample */
    uint64_t window_began_ns;   /* this and the two below: by that thread */
    uint64_t window_samples;
    auraio_histogram_t *window_sum;
    _Atomic double throughput_bps, p99_ms;
};

/* The number of this process, and where it stands until a fork: 0 or an errno value. */
int aur_fork_begin(uint64_t *born, const _Atomic uint64_t **word);
uint64_t aur_fork_number(void); /* after the first begin; 0: there was none since a fork */

/* For a submission: makes the thread the owner if there is none; 0 or EPERM. */
int aur_engine_claim(auraio_engine_t *engine);
static inline bool engine_is_forked(const auraio_engine_t *engine)
{
    return atomic_load_explicit(engine->fork_word, memory_order_relaxed) != engine->born;
}

/* 0 or the errno for a call of this thread: the child of a fork, a foreign thread. */
static inline int engine_check(const auraio_engine_t *engine)
{
    if (engine_is_forked(engine))
        return EOWNERDEAD;
    uint32_t owner = atomic_load_explicit(&engine->owner, memory_order_relaxed);
    return owner && owner != thread_id() ? EPERM : 0;
}

/* What a ring has learnt about descriptors, gates and refusals no longer counts. */
static inline void engine_new_epoch(auraio_engine_t *engine)
{
    atomic_fetch_add(&engine->epoch, 1);
}

static inline void engine_leave(auraio_engine_t *engine)
{
    AUR_ASSERT(atomic_load(&engine->events.inside) > 0);
    atomic_fetch_sub(&engine->events.inside, 1);
}

/*
 * The same, or ESHUTDOWN; destroy waits for who got 0 until he leaves. Counted before
 * the look at refuse, as destroy sets refuse before it looks at the count.
 */
static inline int engine_enter(auraio_engine_t *engine)
{
    int error = engine_check(engine);

    if (error)
        return error;
    atomic_fetch_add(&engine->events.inside, 1);
    if (atomic_load(&engine->refuse) != ESHUTDOWN)
        return 0;
    engine_leave(engine);
    return ESHUTDOWN;
}

static inline int engine_claim(auraio_engine_t *engine)
{
    if (engine_is_forked(engine))
        return EOWNERDEAD;
    if (!engine->options.single_thread)
        return 0;
    uint32_t owner = atomic_load_explicit(&engine->owner, memory_order_relaxed);
    return owner && owner == aur_thread.id ? 0 : aur_engine_claim(engine);
}

/* The ring of that number, made when it is not there; NULL and *error (an errno value). */
struct ring *aur_engine_ring(auraio_engine_t *engine, int index, int *error);

static inline struct ring *engine_ring_made(const auraio_engine_t *engine, int index)
{
    return atomic_load_explicit(&engine->rings[index], memory_order_acquire);
}

/* For every ring made so far: for (int i = 0; (ring = engine_next_ring(engine, &i));) */
static inline struct ring *engine_next_ring(const auraio_engine_t *engine, int *i)
{
    while (*i < engine->ring_max) {
        struct ring *ring = engine_ring_made(engine, (*i)++);
        if (ring)
            return ring;
    }
    return NULL;
}

/* The same for those that are active. */
static inline struct ring *engine_next_active(const auraio_engine_t *engine, unsigned *i)
{
    while (*i < (unsigned)engine->ring_max) {
        uint64_t bits = atomic_load(&engine->events.active[*i / 64]) >> *i % 64;
        if (bits) {
            *i += (unsigned)__builtin_ctzll(bits) + 1;
            return engine_ring_made(engine, (int)*i - 1);
        }
        *i = (*i | 63) + 1;
    }
    return NULL;
}

/* The active ring when there is just one, else NULL. */
static inline struct ring *engine_only_active(const auraio_engine_t *engine)
{
    int only = -1;

    for (int i = 0; i < engine->ring_max; i += 64) {
        uint64_t bits = atomic_load(&engine->events.active[i / 64]);
        if (!bits)
            continue;
        if (only >= 0 || bits & (bits - 1))
            return NULL;
        only = i + __builtin_ctzll(bits);
    }
    return only < 0 ? NULL : engine_ring_made(engine, only);
}

/*
 * False for a descriptor of ours that somebody else closed and that may now be
 * another file; asked only when the engine has failed.
 */
bool aur_engine_owns(const auraio_engine_t *engine, int fd);

/* As the option; under limits, but for create. */
void aur_engine_set_batch(auraio_engine_t *engine, int threshold);
int aur_engine_pending(const auraio_engine_t *engine);
void aur_engine_fail(auraio_engine_t *engine, int error); /* a ring failed for good */

/* A batch of one, checked and submitted as any other. */
auraio_request_t *aur_submit_one(auraio_engine_t *engine, const auraio_op_t *op);

/* What the result of a part means that is an error, or less than the transfer still lacks. */
enum verdict { DELIVER, RUN_AGAIN };
enum verdict aur_complete(struct ring *ring, struct slot *slot, ssize_t *result, int *error);

/* Waiting, without the checks of the public calls. */
int aur_poll_rings(auraio_engine_t *engine, bool send);
void aur_flush_all(auraio_engine_t *engine);
/* Of a blocked submission, inside the engine: runs no callback. 0, or what refuses it now. */
int aur_wait_for_room(auraio_engine_t *engine);
int64_t aur_drain(auraio_engine_t *engine, uint64_t deadline_ns); /* how many were delivered */
uint64_t aur_deadline(int timeout_ms);                            /* UINT64_MAX for none */

void aur_cancel_all(auraio_engine_t *engine);

void aur_options_resolve(auraio_options_t *options, int cpus);
int aur_options_read(const auraio_options_t *given, auraio_options_t *out); /* errno value or 0 */

/* Whether and how io_uring is used by an engine with these options. */
void aur_features_probe(auraio_features_t *features, const auraio_options_t *options);
/* What a ring uses from now on: for statistics that take no lock. Ring's lock held. */
void aur_features_note(struct ring *ring);
/* For new rings: another ring may be refused just now. */
auraio_backend_t aur_features_backend(auraio_engine_t *engine);
/* io_uring was there and is refused now: told in features and log. */
void aur_features_fall_back(auraio_engine_t *engine, const char *call, int error);

void aur_stats_tick(auraio_engine_t *engine, uint64_t now_ns);

__attribute__((format(printf, 2, 3))) void aur_log(int level, const char *format, ...);

/* For the API's edge: errno and -1. */
int aur_fail(int error);

#endif
