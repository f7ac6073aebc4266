/* SPDX-License-Identifier: Apache-2.0 */
/* Which ring a submission goes to: mostly the one that this thread's last one went to. */
#ifndef AUR_ROUTE_H
#define AUR_ROUTE_H

#include "engine.h"

/* Chosen anew; NULL and *error. */
struct ring *aur_route(auraio_engine_t *engine, int *error);

/* For how many submissions of a thread a route is good. */
int aur_route_lasts(const auraio_engine_t *engine);

/* A serial is never given twice, so the ring of an engine that is gone is never found. */
static inline struct ring *route(auraio_engine_t *engine, int *error)
{
    struct thread *thread = &aur_thread;

    if (thread->route_engine != engine->serial || thread->routes_left <= 0)
        return aur_route(engine, error);
    thread->routes_left--;
    return thread->route_ring;
}

/*
 * For the short way: true when it remains open. Where each submission is routed by
 * itself nothing is done here, so that each is routed once.
 */
static inline bool route_again(auraio_engine_t *engine)
{
    int error;

    if (aur_route_lasts(engine) == 1)
        return false;
    aur_route(engine, &error);
    return aur_thread.express_engine == engine->serial;
}

#endif
