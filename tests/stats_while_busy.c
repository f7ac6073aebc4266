/* SPDX-License-Identifier: Apache-2.0 */
/* Statistics are read by some threads while others work: totals only rise, nothing is torn, and
 * in the end they are exact. */
#include "threads.h"

enum { WORKERS = 2, READERS = 2, EACH = 4000, DEPTH = 8, BLOCK_BYTES = 512 };
enum { ALL = WORKERS * EACH };

static auraio_engine_t *engine;
static _Atomic int over, fell, absurd, looks, refused;
static int fd;

static void *work(void *arg)
{
    static unsigned char sink[BLOCK_BYTES]; /* the same bytes from all */

    (void)arg;
    for (int i = 0; i < EACH; i++) {
        while (!auraio_read(engine, fd, auraio_buf(sink), BLOCK_BYTES, 0, NULL, NULL)) {
            if (errno != EAGAIN) {
                atomic_fetch_add(&refused, 1);
                break;
            }
            auraio_poll(engine);
        }
        if (i % DEPTH == 0)
            auraio_poll(engine);
    }
    return NULL;
}

/* How many of the totals are below what they were. */
static int falls(const auraio_stats_t *now, const auraio_stats_t *before)
{
    return (now->ops_completed < before->ops_completed) +
           (now->bytes_transferred < before->bytes_transferred) +
           (now->ops_failed < before->ops_failed) + (now->submit_calls < before->submit_calls) +
           (now->wait_calls < before->wait_calls) + (now->eagain_count < before->eagain_count) +
           (now->peak_in_flight < before->peak_in_flight);
}

static bool is_absurd(const auraio_stats_t *s)
{
    return s->ops_completed < 0 || s->ops_completed > ALL || s->bytes_transferred < 0 ||
           s->bytes_transferred > (int64_t)ALL * BLOCK_BYTES ||
           s->bytes_transferred % BLOCK_BYTES || s->ops_failed || s->current_in_flight < 0 ||
           s->current_in_flight > 8192 || s->queued < 0 || s->abandoned;
}

static void *look(void *arg)
{
    auraio_stats_t stats, before = {0};
    auraio_ring_stats_t ring;
    auraio_target_stats_t target;
    static _Thread_local auraio_histogram_t hist;

    (void)arg;
    for (bool last = false; !last;) {
        last = atomic_load(&over);
        if (auraio_get_stats(engine, &stats) != 0 || is_absurd(&stats))
            atomic_fetch_add(&absurd, 1);
        atomic_fetch_add(&fell, falls(&stats, &before));
        before = stats;
        for (int i = 0; i < auraio_get_ring_count(engine); i++)
            if (auraio_get_ring_stats(engine, i, &ring) || ring.ops_completed > ALL ||
                ring.pending_count < 0 || auraio_get_histogram(engine, i, &hist) ||
                hist.total_count > ALL)
                atomic_fetch_add(&absurd, 1);
        for (int i = 0; i < auraio_get_target_count(engine); i++)
            if (auraio_get_target_stats(engine, i, &target) || target.in_flight < 0)
                atomic_fetch_add(&absurd, 1);
        atomic_fetch_add(&looks, 1);
    }
    return NULL;
}

int main(void)
{
    pthread_t workers[WORKERS], readers[READERS];
    auraio_stats_t stats;

    fd = scratch_file("file", BLOCK_BYTES, 0);
    engine = test_engine(NULL);
    start_threads(readers, READERS, look, NULL);
    start_threads(workers, WORKERS, work, NULL);
    join_threads(workers, WORKERS);
    ok(auraio_drain(engine, 60000) >= 0, "drain");
    atomic_store(&over, 1);
    join_threads(readers, READERS);
    is(atomic_load(&refused), 0, "nothing was refused but for want of room");
    note("%d looks", atomic_load(&looks));
    is(atomic_load(&fell), 0, "no total ever fell");
    is(atomic_load(&absurd), 0, "no value was absurd");
    is(auraio_get_stats(engine, &stats), 0, "in the end");
    is(stats.ops_completed, ALL, "all operations are counted");
    is(stats.bytes_transferred, (int64_t)ALL * BLOCK_BYTES, "and all bytes");
    is(stats.ops_failed, 0, "none failed");
    auraio_destroy(engine);
    return done();
}
