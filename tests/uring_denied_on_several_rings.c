/* SPDX-License-Identifier: Apache-2.0 */
/* Threads that each begin with a ring of their own are denied io_uring_enter at the same time: all
 * operations complete, each message is whole, and the features tell what has happened. */
#include "kern.h"
#include "threads.h"

enum { THREADS = 4 };

static const char message_wanted[] =
    "io_uring_enter: refused by a seccomp filter, a security module or kernel.io_uring_disabled: "
    "carrying on with threads";

static _Thread_local bool is_denied;
static _Atomic int told, garbled, completed;
static auraio_engine_t *engine;
static pthread_barrier_t together;

static int enter_or_deny(int fd, unsigned to_submit, unsigned min_complete, unsigned flags,
                         const void *arg, size_t arg_size)
{
    if (is_denied)
        return -EPERM;
    return aur_kern_real.uring_enter(fd, to_submit, min_complete, flags, arg, arg_size);
}

static void look_at_message(int level, const char *message, void *unused)
{
    (void)unused;
    if (level != AURAIO_LOG_NOTICE)
        return;
    atomic_fetch_add(&told, 1);
    if (strcmp(message, message_wanted) != 0)
        atomic_fetch_add(&garbled, 1);
}

static void *begin(void *unused)
{
    struct seen seen = {0};

    is_denied = true;
    pthread_barrier_wait(&together);
    auraio_request_t *req = auraio_nop(engine, see, &seen);
    auraio_flush(engine);
    if (req && wait_seen(engine, &seen) && seen.result == 0)
        atomic_fetch_add(&completed, 1);
    return unused;
}

int main(void)
{
    auraio_options_t options;
    auraio_features_t features;
    pthread_t threads[THREADS];

    aur_kern.uring_enter = enter_or_deny;
    auraio_options_init(&options);
    options.ring_count = THREADS;
    options.ring_select = AURAIO_SELECT_ROUND_ROBIN;
    engine = auraio_create_with_options(&options);
    if (!engine)
        bail("no engine: %s", strerror(errno));
    auraio_get_features(engine, &features);
    if (features.backend != AURAIO_BACKEND_URING)
        skip_all("no io_uring here");
    auraio_set_log_handler(look_at_message, NULL);
    pthread_barrier_init(&together, NULL, THREADS);
    start_threads(threads, THREADS, begin, NULL);
    join_threads(threads, THREADS);
    is(completed, THREADS, "all operations complete");
    ok(told > 0, "the log tells why (%d times)", told);
    is(garbled, 0, "in whole messages");
    auraio_get_features(engine, &features);
    is(features.backend, AURAIO_BACKEND_THREADS, "threads have taken over");
    is(features.uring_errno, EPERM, "for the errno that is told");
    auraio_destroy(engine);
    pthread_barrier_destroy(&together);
    return done();
}
