/* SPDX-License-Identifier: Apache-2.0 */
/* A ring fails for good while thousands of operations are held back: each gets the error once, on
 * a stack whose depth does not grow with their number. */
#include "kern.h"
#include "slow.h"
#include "threads.h"

/* The depth is the largest there is. */
enum { DEPTH = sizeof(void *) > 4 ? 32768 : 8128, HELD = DEPTH - 128 };
enum { STACK_BYTES = 512 * 1024, BLOCK_BYTES = 64 };

static _Atomic int refusal; /* what the kernel says to every entry */
static _Atomic int accepted, calls, failed;
static struct slow slow;
static auraio_engine_t *engine;

static int enter_or_refuse(int fd, unsigned to_submit, unsigned min_complete, unsigned flags,
                           const void *arg, size_t size)
{
    if (refusal)
        return -refusal;
    return aur_kern_real.uring_enter(fd, to_submit, min_complete, flags, arg, size);
}

static void count(auraio_request_t *req, ssize_t result, void *user_data)
{
    (void)req;
    (void)user_data;
    atomic_fetch_add(&calls, 1);
    atomic_fetch_add(&failed, result == -EBADF);
}

static void *fail_and_drain(void *unused)
{
    atomic_store(&refusal, EBADF);
    atomic_fetch_add(&accepted, auraio_nop(engine, count, NULL) != NULL);
    auraio_flush(engine);
    auraio_drain(engine, 60000);
    return unused;
}

int main(void)
{
    static unsigned char sink[BLOCK_BYTES];
    auraio_options_t options;
    pthread_attr_t small;
    pthread_t thread;

    aur_kern.uring_enter = enter_or_refuse;
    test_options(&options);
    options.ring_count = 1;
    options.queue_depth = DEPTH;
    options.disable_adaptive = true;
    engine = test_engine(&options);
    auraio_set_max_in_flight(engine, 1);
    atomic_store(&refusal, EAGAIN); /* so that the one that is started stays here as well */
    slow_open(&slow);
    for (int i = 0; i < HELD; i++)
        accepted +=
            auraio_read(engine, slow.out, auraio_buf(sink), sizeof sink, 0, count, NULL) != NULL;
    is(accepted, HELD, "%d reads, all but one held back", HELD);
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, STACK_BYTES);
    if (pthread_create(&thread, &small, fail_and_drain, NULL) != 0)
        bail("no thread");
    join_threads(&thread, 1);
    is(auraio_get_fatal_error(engine), EBADF, "the ring has failed");
    is(atomic_load(&calls), atomic_load(&accepted), "each callback has run once");
    is(atomic_load(&failed), atomic_load(&accepted), "with the error");
    refusal = 0;
    auraio_destroy_timeout(engine, 1000);
    slow_close(&slow);
    return done();
}
