/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the library remembers of each thread that calls it. Touched by that
 * thread alone, so nothing here needs a lock.
 */
#ifndef AUR_THREAD_H
#define AUR_THREAD_H

#include <auraio.h>
#include <stdbool.h>
#include <stdint.h>

/* Small and initial-exec: the library is loaded for good (-z nodelete), and glibc's dlopen has room
 * for this much. musl's dlopen has none, and refuses a library that wants it. */
#ifdef __GLIBC__
#define AUR_TLS_MODEL __attribute__((tls_model("initial-exec")))
#else
#define AUR_TLS_MODEL
#endif

struct ring;

/* The callback running on a thread; lives on the stack of the one that delivers. */
struct running {
    struct ring *ring; /* NULL: of an engine that this callback destroyed in a forked child */
    const auraio_request_t *req;
    const auraio_op_t *op;
    int error;                 /* what ended a partial transfer, else 0 */
    struct returned *returned; /* slots that its thread has not given back yet */
    bool place_used;           /* its own place in the ring was taken by a new submission */
    struct running *outer;
};

/* How many wake-ups of an engine a thread has answered: see wakeup.c. */
struct answered {
    uint64_t engine; /* by its serial; 0: none */
    uint32_t wakeups;
};
#define ANSWERED_MAX 8

struct thread {
    uint32_t id;      /* unique in the process for its life; 0 before the first call */
    int cpu;          /* of the last look, negative before it */
    unsigned cpu_age; /* routes chosen since */
    uint32_t random;
    struct running *running;
    struct ring *route_ring; /* of the engine with this serial, for so many submissions more */
    uint64_t route_engine;
    int routes_left;
    uint64_t express_engine;                /* it may go there the short way; 0: nowhere */
    struct answered answered[ANSWERED_MAX]; /* the last used first */
};

extern _Thread_local struct thread aur_thread AUR_TLS_MODEL;

uint32_t aur_thread_enrol(void);

/* Unlike a thread's pthread_t or the address of its thread-local data, never given twice. */
static inline uint32_t thread_id(void)
{
    uint32_t id = aur_thread.id;

    return __builtin_expect(id != 0, 1) ? id : aur_thread_enrol();
}

#endif
