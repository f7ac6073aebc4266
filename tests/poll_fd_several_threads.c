/* SPDX-License-Identifier: Apache-2.0 */
/* Some threads watch the poll fd, some wait, others submit: every operation is taken, once. */
#include "threads.h"

#include <poll.h>

enum { WATCHERS = 2, WAITERS = 2, FEEDERS = 2, EACH = 2500 };

static auraio_engine_t *engine;
static _Atomic int calls[FEEDERS][EACH];
static _Atomic int finished, over, feeder, refused, by_watchers, by_waiters;

static void count(auraio_request_t *req, ssize_t result, void *user_data)
{
    (void)req;
    (void)result;
    atomic_fetch_add((_Atomic int *)user_data, 1);
    atomic_fetch_add(&finished, 1);
}

static void *watch(void *arg)
{
    struct pollfd fd = {.fd = auraio_get_poll_fd(engine), .events = POLLIN};

    (void)arg;
    while (!atomic_load(&over))
        if (poll(&fd, 1, 50) == 1)
            atomic_fetch_add(&by_watchers, auraio_poll(engine));
    return NULL;
}

static void *wait_always(void *arg)
{
    (void)arg;
    while (!atomic_load(&over))
        atomic_fetch_add(&by_waiters, auraio_wait(engine, 50));
    return NULL;
}

static void *feed(void *arg)
{
    int own = atomic_fetch_add(&feeder, 1);

    (void)arg;
    for (int i = 0; i < EACH; i++) {
        auraio_request_t *req;
        while (!(req = auraio_nop(engine, count, &calls[own][i])) && errno == EAGAIN)
            sleep_ms(1);
        atomic_fetch_add(&refused, !req);
    }
    return NULL;
}

int main(void)
{
    pthread_t watchers[WATCHERS], waiters[WAITERS], feeders[FEEDERS];
    int once = 0;

    need_others_while_asleep();
    engine = test_engine(NULL);
    ok(auraio_get_poll_fd(engine) >= 0, "the poll fd");
    start_threads(watchers, WATCHERS, watch, NULL);
    start_threads(waiters, WAITERS, wait_always, NULL);
    start_threads(feeders, FEEDERS, feed, NULL);
    join_threads(feeders, FEEDERS);
    is(atomic_load(&refused), 0, "nothing was refused but for want of room");
    ok(reaches(&finished, FEEDERS * EACH), "all complete");
    atomic_store(&over, 1);
    join_threads(watchers, WATCHERS);
    join_threads(waiters, WAITERS);
    is(atomic_load(&by_watchers) + atomic_load(&by_waiters), FEEDERS * EACH,
       "what polls and waits returned adds up");
    for (int i = 0; i < FEEDERS; i++)
        for (int k = 0; k < EACH; k++)
            once += calls[i][k] == 1;
    is(once, FEEDERS * EACH, "each callback has run once");
    auraio_destroy(engine);
    return done();
}
