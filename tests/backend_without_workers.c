/* SPDX-License-Identifier: Apache-2.0 */
/* No worker thread is to be had: a poll makes the calls, and a submission returns at once even if
 * its call would block; such a read of a pipe ends with -EAGAIN and holds nobody up. */
#include "kern.h"
#include "slow.h"
#include "threads.h"

enum { GIVE_UP_MS = 60000, GENEROUS_MS = 30000 };

static auraio_engine_t *engine;
static struct slow slow;
static _Atomic int submitted;

static int no_thread(pthread_t *thread, const char *name, void *(*fn)(void *), void *arg)
{
    (void)thread;
    (void)name;
    (void)fn;
    (void)arg;
    return -EAGAIN;
}

static void *submit_slow(void *unused)
{
    atomic_store(&submitted, slow_submit(engine, &slow) ? 1 : -1);
    return unused;
}

int main(void)
{
    int fd = scratch_file("file", 4096, 0);
    unsigned char buf[4096];
    struct seen seen = {0};
    auraio_options_t options;
    pthread_t thread;

    aur_kern.thread_create = no_thread;
    test_options(&options);
    options.backend = AURAIO_BACKEND_THREADS;
    options.ring_count = 1;
    engine = test_engine(&options);
    is(outcome(engine, auraio_read(engine, fd, auraio_buf(buf), sizeof buf, 0, see, &seen), &seen),
       sizeof buf, "a poll makes the call");
    ok(matches_pattern(buf, sizeof buf, 0), "... with its data");
    slow_open(&slow);
    start_threads(&thread, 1, submit_slow, NULL);
    if (!ok(reaches(&submitted, 1), "a read of an empty pipe does not hold its submitter")) {
        slow_end(&slow);
        join_threads(&thread, 1);
        return done();
    }
    join_threads(&thread, 1);
    is(outcome(engine, slow.req, &slow.seen), -EAGAIN, "... and ends");
    ok(slow_submit(engine, &slow), "another one");
    double began_ms = now_ms();
    is(auraio_destroy_timeout(engine, GIVE_UP_MS), 0, "destroy is not held up");
    ok(now_ms() - began_ms < GENEROUS_MS, "... but in time (%.0f ms)", now_ms() - began_ms);
    is(slow.seen.calls, 1, "... and its callback has run");
    slow_close(&slow);
    return done();
}
