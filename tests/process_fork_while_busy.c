/* SPDX-License-Identifier: Apache-2.0 */
/* fork at any moment, while other threads are in the middle of every call: no child hangs when it
 * frees what it inherited and makes an engine of its own. */
#include "child.h"
#include "threads.h"

enum { FORKS = 60, WORKERS = 3 };

static auraio_engine_t *engine;
static _Atomic int over, wrong, rounds;

static void *keep_busy(void *arg)
{
    (void)arg;
    while (!atomic_load(&over)) {
        struct seen seen = {0};
        auraio_request_t *req = auraio_nop(engine, see, &seen);
        auraio_cancel(engine, req);
        auraio_buffer_free(engine, auraio_buffer_alloc(engine, 4096));
        if (!wait_seen(engine, &seen))
            atomic_fetch_add(&wrong, 1);
        auraio_destroy(auraio_create());
        atomic_fetch_add(&rounds, 1);
    }
    return NULL;
}

static int start_over(void *arg)
{
    auraio_options_t options;
    struct seen seen = {0};

    alarm(100);
    if (*(int *)arg % 2)
        EXPECT(auraio_destroy_timeout(engine, 60000) == 0);
    test_options(&options);
    auraio_engine_t *own = auraio_create_with_options(&options);
    EXPECT(own);
    EXPECT(outcome(own, auraio_nop(own, see, &seen), &seen) == 0);
    void *buffer = auraio_buffer_alloc(own, 4096);
    EXPECT(buffer);
    auraio_buffer_free(own, buffer);
    EXPECT(auraio_destroy_timeout(own, 60000) == 0);
    return 0;
}

int main(int argc, char **argv)
{
    pthread_t threads[WORKERS];
    int good = 0, forks = 0, all = rounds_of_race(FORKS);

    (void)argc;
    without_malloc_checks(argv);
    /* whose allocators may be locked in the child for good, by a thread that is not there */
    if (UNDER_ASAN || UNDER_TSAN)
        skip_all("sanitizers do not bear a fork at any moment");
    if (under_valgrind())
        skip_all("what the other threads held is lost in a child");
    engine = test_engine(NULL);
    start_threads(threads, WORKERS, keep_busy, NULL);
    reaches(&rounds, WORKERS);
    for (; forks < all && good == forks; forks++) {
        int status = in_child(start_over, &forks);
        good += status == 0;
        if (status)
            note("child %d: %d", forks, status);
    }
    atomic_store(&over, 1);
    join_threads(threads, WORKERS);
    is(good, all, "every child came through");
    is(atomic_load(&wrong), 0, "the parent's threads were not disturbed");
    is(auraio_pending_count(engine), 0, "nothing is left");
    auraio_destroy(engine);
    return done();
}
