/* SPDX-License-Identifier: Apache-2.0 */
/* BLOCK: a thread that submits beyond the limit is held until another one's completions make
 * room, and several of them make progress. */
#include "slow.h"
#include "threads.h"

enum { SUBMITTERS = 4, EACH = 300, BLOCK_BYTES = 512, LIMIT = 2 };

static auraio_engine_t *engine;
static struct slow slow[LIMIT + 1];
static _Atomic int calls[SUBMITTERS][EACH];
static _Atomic int beyond_began, beyond_returned, next_thread, finished, refused, right;
static int fd;

static void *submit_beyond(void *arg)
{
    (void)arg;
    atomic_store(&beyond_began, 1);
    bool accepted = slow_submit(engine, &slow[LIMIT]);
    atomic_store(&beyond_returned, accepted ? 1 : -1);
    return NULL;
}

static void is_held(void)
{
    pthread_t thread;

    for (int i = 0; i < LIMIT; i++)
        slow_start(engine, &slow[i]);
    slow_open(&slow[LIMIT]);
    start_threads(&thread, 1, submit_beyond, NULL);
    ok(reaches(&beyond_began, 1), "a thread submits beyond the limit");
    is(auraio_wait(engine, 100), 0, "nothing completes");
    is(atomic_load(&beyond_returned), 0, "it is held");
    is(slow_finish(engine, &slow[0]), 1, "one completes");
    ok(reaches(&beyond_returned, 1), "now its submission has returned");
    join_threads(&thread, 1);
    is(slow_finish(engine, &slow[1]), 1, "the other completes");
    is(slow_finish(engine, &slow[LIMIT]), 1, "and the one that was held");
}

static void count(auraio_request_t *req, ssize_t result, void *user_data)
{
    (void)req;
    atomic_fetch_add((_Atomic int *)user_data, 1);
    atomic_fetch_add(&right, result == BLOCK_BYTES);
    atomic_fetch_add(&finished, 1);
}

static void *submit_many(void *arg)
{
    static unsigned char sink[SUBMITTERS][EACH][BLOCK_BYTES];
    int own = atomic_fetch_add(&next_thread, 1);

    (void)arg;
    for (int i = 0; i < EACH; i++)
        if (!auraio_read(engine, fd, auraio_buf(sink[own][i]), BLOCK_BYTES, 0, count,
                         &calls[own][i]))
            atomic_fetch_add(&refused, 1);
    return NULL;
}

int main(void)
{
    pthread_t threads[SUBMITTERS];
    auraio_options_t options;
    auraio_stats_t stats;
    int once = 0;

    need_others_while_asleep();
    fd = scratch_file("file", BLOCK_BYTES, 0);
    test_options(&options);
    options.disable_adaptive = true;
    options.overflow = AURAIO_OVERFLOW_BLOCK;
    options.queue_depth = SUBMITTERS * EACH;
    engine = test_engine(&options);
    is(auraio_set_max_in_flight(engine, LIMIT), 0, "a limit of %d", LIMIT);
    is_held();
    start_threads(threads, SUBMITTERS, submit_many, NULL);
    for (double end_ms = now_ms() + 60000; finished < SUBMITTERS * EACH && now_ms() < end_ms;)
        auraio_wait(engine, 100);
    join_threads(threads, SUBMITTERS);
    is(atomic_load(&refused), 0, "%d threads: nothing was refused", SUBMITTERS);
    is(atomic_load(&finished), SUBMITTERS * EACH, "all complete");
    is(atomic_load(&right), SUBMITTERS * EACH, "with the right length");
    for (int i = 0; i < SUBMITTERS; i++)
        for (int k = 0; k < EACH; k++)
            once += calls[i][k] == 1;
    is(once, SUBMITTERS * EACH, "each callback has run once");
    is(auraio_get_stats(engine, &stats), 0, "statistics");
    ok(stats.peak_in_flight <= LIMIT, "never more in flight than that (%d)", stats.peak_in_flight);
    auraio_destroy(engine);
    return done();
}
