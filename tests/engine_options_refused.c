/* SPDX-License-Identifier: Apache-2.0 */
/* A value out of its range is EINVAL at creation, on its edge it is taken. */
#include "threads.h"

#include <math.h>

static auraio_engine_t *create(auraio_options_t *options)
{
    errno = 0;
    return auraio_create_with_options(options);
}

#define WITH(assignment)                                                                           \
    auraio_options_t o;                                                                            \
    auraio_options_init(&o);                                                                       \
    o.backend = AURAIO_BACKEND_THREADS;                                                            \
    assignment;                                                                                    \
    auraio_engine_t *engine = create(&o);                                                          \
    int error = errno

#define REFUSES(assignment)                                                                        \
    do {                                                                                           \
        WITH(assignment);                                                                          \
        ok(!engine && error == EINVAL, "%s is refused", #assignment);                              \
        auraio_destroy(engine);                                                                    \
    } while (0)

#define TAKES(assignment)                                                                          \
    do {                                                                                           \
        WITH(assignment);                                                                          \
        ok(engine, "%s is taken (errno %d)", #assignment, error);                                  \
        auraio_destroy(engine);                                                                    \
    } while (0)

static void numbers(void)
{
    REFUSES(o.queue_depth = 0);
    REFUSES(o.queue_depth = -1);
    REFUSES(o.queue_depth = 32769);
    REFUSES(o.queue_depth = INT_MAX);
    REFUSES(o.ring_count = -1);
    REFUSES(o.ring_count = INT_MIN);
    REFUSES(o.initial_in_flight = -1);
    REFUSES(o.min_in_flight = -1);
    REFUSES(o.max_p99_latency_ms = -0.5);
    REFUSES(o.max_p99_latency_ms = NAN);
    REFUSES(o.max_p99_latency_ms = INFINITY);
    REFUSES(o.sqpoll_idle_ms = -1);
    REFUSES(o.batch_threshold = -2);
    REFUSES(o.backend_threads = -1);
    REFUSES(o.backend_threads = 1025);
    REFUSES(o.publish_stats = -2);
    REFUSES(o.publish_stats = 2);
    TAKES(o.queue_depth = 1);
    TAKES(o.queue_depth = sizeof(void *) == 8 ? 32768 : 8128);
    TAKES(o.ring_count = 1);
    TAKES(o.initial_in_flight = 1);
    TAKES(o.min_in_flight = 1);
    TAKES(o.max_p99_latency_ms = 0.5);
    TAKES(o.batch_threshold = 0);
    TAKES(o.backend_threads = 1);
    TAKES(o.publish_stats = 0);
}

static void alignments(void)
{
    REFUSES(o.buffer_alignment = 0);
    REFUSES(o.buffer_alignment = 1);
    REFUSES(o.buffer_alignment = 256);
    REFUSES(o.buffer_alignment = 513);
    REFUSES(o.buffer_alignment = 4095);
    REFUSES(o.buffer_alignment = SIZE_MAX);
    TAKES(o.buffer_alignment = 512);
    TAKES(o.buffer_alignment = 65536);
}

static void choices(void)
{
    REFUSES(o.control = (auraio_control_t)2);
    REFUSES(o.control = (auraio_control_t)-1);
    REFUSES(o.overflow = (auraio_overflow_t)3);
    REFUSES(o.overflow = (auraio_overflow_t)-1);
    REFUSES(o.ring_select = (auraio_ring_select_t)3);
    REFUSES(o.ring_select = (auraio_ring_select_t)-1);
    REFUSES(o.backend = (auraio_backend_t)3);
    REFUSES(o.backend = (auraio_backend_t)-1);
    REFUSES(memset(o.name, 'n', sizeof o.name));
    REFUSES((o.single_thread = true, o.ring_count = 2));
    TAKES(o.control = AURAIO_CONTROL_AIMD);
    TAKES(o.overflow = AURAIO_OVERFLOW_BLOCK);
    TAKES(o.ring_select = AURAIO_SELECT_ROUND_ROBIN);
    TAKES(memset(o.name, 'n', sizeof o.name - 1));
    TAKES((o.single_thread = true, o.ring_count = 1));
    TAKES((o.single_thread = true, o.ring_count = 0));
}

int main(void)
{
    auraio_destroy(create(NULL));
    int fds = count_fds(), threads = threads_now();

    numbers();
    alignments();
    choices();
    is(count_fds(), fds, "no descriptor is left behind");
    is(threads_left(threads), threads, "no thread either");
    return done();
}
