/* SPDX-License-Identifier: Apache-2.0 */
/* io_uring_enter(2) is refused for good while a ring that threads have come to share still has an
 * operation in the instance it began with: that one completes as well, and destroy is not stuck. */
#include "kern.h"
#include "slow.h"
#include "threads.h"

static _Atomic bool denied;
static auraio_engine_t *engine;

static int enter_unless_denied(int fd, unsigned to_submit, unsigned min_complete, unsigned flags,
                               const void *arg, size_t size)
{
    if (denied)
        return -EPERM;
    return aur_kern_real.uring_enter(fd, to_submit, min_complete, flags, arg, size);
}

static void *poll_once(void *unused)
{
    auraio_poll(engine);
    return unused;
}

int main(void)
{
    struct slow first, second;
    struct seen seen = {0};
    auraio_options_t options;
    pthread_t thread;

    aur_kern.uring_enter = enter_unless_denied;
    test_options(&options);
    options.ring_count = 1;
    engine = test_engine(&options);
    slow_start(engine, &first);
    start_threads(&thread, 1, poll_once, NULL);
    join_threads(&thread, 1);
    slow_start(engine, &second);
    atomic_store(&denied, true);
    ok(auraio_nop(engine, see, &seen) != NULL, "one more, when the kernel refuses");
    is(auraio_flush(engine), 0, "... which is no failure");
    slow_end(&first);
    slow_end(&second);
    is(auraio_drain(engine, 60000), 3, "all that was in flight completes");
    is(first.seen.result, 1, "what began before the ring was shared");
    is(second.seen.result, 1, "... what began after");
    is(seen.calls, 1, "... what was refused");
    is(auraio_destroy_timeout(engine, 60000), 0, "nothing is left");
    slow_close(&first);
    slow_close(&second);
    return done();
}
