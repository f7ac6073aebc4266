/* SPDX-License-Identifier: Apache-2.0 */
/* Eight threads submit to one engine and wait on it, each for its own: ten thousand operations,
 * every one completed once, and nobody left asleep. */
#include "threads.h"

enum { THREADS = 8, EACH = 1250, DEPTH = 10, BLOCK_BYTES = 512 };

static auraio_engine_t *engine;
static _Atomic int next_thread, right, once, refused, late, processed;
static int fd;

/* DEPTH reads at a time; a wait may process those of other threads. */
static bool batch(unsigned char (*bufs)[BLOCK_BYTES])
{
    struct seen seen[DEPTH] = {0};
    double end_ms = now_ms() + 60000;
    int accepted = 0, calls = 0;

    for (int i = 0; i < DEPTH; i++) {
        auraio_request_t *req = auraio_read(engine, fd, auraio_buf(bufs[i]), BLOCK_BYTES,
                                            (int64_t)i * BLOCK_BYTES, see, &seen[i]);
        accepted += req != NULL;
    }
    atomic_fetch_add(&refused, DEPTH - accepted);
    while (calls < accepted && now_ms() < end_ms) {
        int n = auraio_wait(engine, 100);
        atomic_fetch_add(&processed, n > 0 ? n : 0);
        calls = 0;
        for (int i = 0; i < DEPTH; i++)
            calls += atomic_load(&seen[i].calls);
    }
    for (int i = 0; i < DEPTH; i++) {
        atomic_fetch_add(&once, seen[i].calls == 1);
        atomic_fetch_add(&right,
                         seen[i].result == BLOCK_BYTES &&
                             matches_pattern(bufs[i], BLOCK_BYTES, (uint64_t)i * BLOCK_BYTES));
    }
    return calls >= accepted;
}

static void *submit_and_wait(void *arg)
{
    static unsigned char bufs[THREADS][DEPTH][BLOCK_BYTES];
    int own = atomic_fetch_add(&next_thread, 1);

    (void)arg;
    for (int i = 0; i < EACH; i += DEPTH)
        if (!batch(bufs[own])) {
            atomic_fetch_add(&late, 1);
            break;
        }
    return NULL;
}

int main(void)
{
    pthread_t threads[THREADS];

    need_others_while_asleep();
    fd = scratch_file("file", DEPTH * BLOCK_BYTES, 0);
    engine = test_engine(NULL);
    double began_ms = now_ms();
    start_threads(threads, THREADS, submit_and_wait, NULL);
    join_threads(threads, THREADS);
    note("%.0f ms", now_ms() - began_ms);
    is(atomic_load(&late), 0, "no thread waited for nothing");
    is(atomic_load(&refused), 0, "no submission was refused");
    is(atomic_load(&once), THREADS * EACH, "every callback has run once");
    is(atomic_load(&right), THREADS * EACH, "with the right bytes");
    is(atomic_load(&processed), THREADS * EACH, "what the waits returned adds up");
    is(auraio_pending_count(engine), 0, "nothing is left");
    auraio_destroy(engine);
    return done();
}
