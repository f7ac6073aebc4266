/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What ends waits and runs. A wake-up is for every thread that knows the engine: it ends
 * the wait in progress or else the next one. Else a thread that looks at something and then
 * waits could sleep over a wake-up that another thread's wait has answered in between. So
 * each thread keeps how many wake-ups it has answered, from its first poll or wait on; by
 * then those that others have answered are over.
 *
 * A stop is for the runs in progress or else the next one. Of waits it ends those in
 * progress or else the next one of any thread.
 */
#include "engine.h"

#include <string.h>

/* Of this thread, moved to the front; what it has not used for longest makes room. */
static struct answered *answered_of(const auraio_engine_t *engine)
{
    struct answered *all = aur_thread.answered, found = {engine->serial, 0};
    size_t i = 0;

    while (i < ANSWERED_MAX && all[i].engine != engine->serial)
        i++;
    if (i < ANSWERED_MAX)
        found = all[i];
    else
        found.wakeups = wakeups_of(atomic_load(&engine->events.wake_seen));
    memmove(&all[1], &all[0], (i < ANSWERED_MAX ? i : i - 1) * sizeof *all);
    all[0] = found;
    return all;
}

uint64_t aur_wakeup_answered(const auraio_engine_t *engine)
{
    const struct answered *known = answered_of(engine);
    /* First, so that a wake-up that comes and is answered by another thread after it shows. */
    uint64_t seen = atomic_load(&engine->events.wake_seen);
    uint64_t seq = atomic_load(&engine->events.wake_seq);

    if (wakeups_of(seq) != known->wakeups)
        return seq - 1; /* as no wake_seq to come is */
    return seen;
}

void aur_wakeup_answer(auraio_engine_t *engine, uint64_t seq)
{
    uint64_t seen = atomic_load(&engine->events.wake_seen);

    AUR_ASSERT(seq <= atomic_load(&engine->events.wake_seq)); /* nobody answers what is to come */
    answered_of(engine)->wakeups = wakeups_of(seq);
    while (seen < seq && /* a later one may have been answered meanwhile */
           !atomic_compare_exchange_weak(&engine->events.wake_seen, &seen, seq))
        ;
}

int auraio_wakeup(auraio_engine_t *engine)
{
    if (!engine)
        return aur_fail(EINVAL);
    if (engine_is_forked(engine))
        return aur_fail(EOWNERDEAD);
    aur_events_wake_all(&engine->events, WAKE_UP);
    return 0;
}

int auraio_stop(auraio_engine_t *engine)
{
    if (!engine)
        return aur_fail(EINVAL);
    if (engine_is_forked(engine))
        return aur_fail(EOWNERDEAD);
    atomic_fetch_add(&engine->events.stop_seq, 1);
    aur_events_wake_all(&engine->events, WAKE_STOP);
    return 0;
}
