/* SPDX-License-Identifier: Apache-2.0 */
/* A thread is held in a submission by BLOCK while another destroys the engine: the submission is
 * refused with ESHUTDOWN, not accepted by an engine that is gone. */
#include "slow.h"
#include "threads.h"

enum { STUCK_MS = 3000, ENDS_MS = 60000, GENEROUS_MS = 30000 };

static auraio_engine_t *engine;
static struct slow first, second;
static _Atomic int began;
static ssize_t told;

static void *submit_beyond(void *unused)
{
    atomic_store(&began, 1);
    told = slow_submit(engine, &second) ? 0 : REFUSED(errno);
    return unused;
}

static void with(const char *what, bool ends)
{
    auraio_options_t options;
    pthread_t thread;

    began = 0;
    test_options(&options);
    options.ring_count = 1;
    options.disable_adaptive = true;
    options.overflow = AURAIO_OVERFLOW_BLOCK;
    engine = test_engine(&options);
    auraio_set_max_in_flight(engine, 1);
    slow_start(engine, &first);
    slow_open(&second);
    start_threads(&thread, 1, submit_beyond, NULL);
    ok(reaches(&began, 1), "%s: a thread submits beyond the limit", what);
    others_fall_asleep();
    double began_ms = now_ms();
    if (ends) {
        slow_end(&first);
        slow_end(&second); /* it may have been accepted just before */
    }
    is(auraio_destroy_timeout(engine, ends ? ENDS_MS : STUCK_MS), 0, "%s: destroy meanwhile", what);
    ok(now_ms() - began_ms < GENEROUS_MS, "%s: ... in time", what);
    join_threads(&thread, 1);
    ok(told == REFUSED(ESHUTDOWN) || (ends && told == 0), "%s: the thread is told", what);
    is(second.seen.calls, told == 0, "%s: what was refused has no callback", what);
    is(first.seen.calls, 1, "%s: what was in flight has", what);
    is(first.seen.result, ends ? 1 : -ECANCELED, "%s: with its result", what);
    slow_close(&first);
    slow_close(&second);
}

int main(void)
{
    with("it is stuck", false);
    with("it ends", true);
    return done();
}
