/* SPDX-License-Identifier: Apache-2.0 */
/* fork while threads look up a handle, and threads of the child look it up too while the child
 * makes its first engine and destroys the one it inherited: the handle is stale there, and an
 * engine that has the number again, thousands of engines later, is destroyed without a wait. */
#include "child.h"
#include "threads.h"

enum { FORKS = 3, LOOKERS = 2, NUMBERS = 8192 };

static auraio_engine_t *engine;
static auraio_request_t *req;
static _Atomic int over, started, looks;

static void *look_up(void *arg)
{
    bool expected = *(bool *)arg;
    int wrong = 0;

    atomic_fetch_add(&started, 1);
    while (!atomic_load(&over)) {
        wrong += auraio_request_pending(req) != expected;
        atomic_fetch_add(&looks, 1);
    }
    return wrong ? &over : NULL;
}

static int wrong_among(pthread_t *threads)
{
    void *wrong;
    int n = 0;

    atomic_store(&over, 1);
    for (int i = 0; i < LOOKERS; i++) {
        pthread_join(threads[i], &wrong);
        n += wrong != NULL;
    }
    return n;
}

static int live_on(void *arg)
{
    pthread_t threads[LOOKERS];
    auraio_options_t options;

    (void)arg;
    atomic_store(&started, 0);
    start_threads(threads, LOOKERS, look_up, &(bool){false});
    EXPECT(reaches(&started, LOOKERS));
    auraio_options_init(&options);
    options.backend = AURAIO_BACKEND_THREADS;
    options.ring_count = 1;
    options.publish_stats = 0;
    auraio_engine_t *first = auraio_create_with_options(&options);
    EXPECT(first);
    int seen = atomic_load(&looks);
    EXPECT(reaches(&looks, seen + 1000));
    EXPECT(auraio_destroy_timeout(engine, 60000) == 0);
    seen = atomic_load(&looks);
    EXPECT(reaches(&looks, seen + 1000));
    EXPECT(wrong_among(threads) == 0);
    for (int i = 0; i < NUMBERS; i++)
        EXPECT(auraio_destroy_timeout(auraio_create_with_options(&options), 1000) == 0);
    EXPECT(auraio_destroy_timeout(first, 60000) == 0);
    return 0;
}

int main(int argc, char **argv)
{
    pthread_t threads[LOOKERS];

    (void)argc;
    without_malloc_checks(argv);
    if (UNDER_ASAN || UNDER_TSAN)
        skip_all("sanitizers do not bear a fork at any moment");
    if (under_valgrind())
        skip_all("what the other threads held is lost in a child");
    engine = test_engine(NULL);
    auraio_set_batch_threshold(engine, 0);
    req = auraio_nop(engine, NULL, NULL);
    start_threads(threads, LOOKERS, look_up, &(bool){true});
    reaches(&started, LOOKERS);
    for (int i = 0; i < FORKS; i++)
        is(in_child(live_on, NULL), 0, "child %d lives on", i);
    is(wrong_among(threads), 0, "in the parent the request is pending all the time");
    is(auraio_drain(engine, 60000), 1, "and completes");
    auraio_destroy(engine);
    return done();
}
