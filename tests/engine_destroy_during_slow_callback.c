/* SPDX-License-Identifier: Apache-2.0 */
/* Destroy gives up on a thread that sits in a callback. When the callback returns at last, the
 * thread comes out of the engine: no further callback, no freed memory, no descriptor of others. */
#include "threads.h"

#include <sys/stat.h>

enum { FILES = 40, GIVE_UP_MS = 200, GENEROUS_MS = 30000 };

static auraio_engine_t *engine;
static _Atomic int entered, released, later, left;

static void sit(auraio_request_t *req, ssize_t result, void *user_data)
{
    (void)req;
    (void)result;
    (void)user_data;
    atomic_store(&entered, 1);
    reaches(&released, 1);
}

static void count(auraio_request_t *req, ssize_t result, void *user_data)
{
    (void)req;
    (void)result;
    (void)user_data;
    atomic_fetch_add(&later, 1);
}

static void *run(void *unused)
{
    auraio_run(engine);
    atomic_store(&left, 1);
    return unused;
}

static int written_to(const int *fds)
{
    struct stat st;
    int n = 0;

    for (int i = 0; i < FILES; i++)
        n += fstat(fds[i], &st) != 0 || st.st_size != 0;
    return n;
}

static void with(const char *what, uint32_t flags)
{
    auraio_op_t ops[] = {{.type = AURAIO_OP_NOP, .flags = flags, .callback = sit},
                         {.type = AURAIO_OP_NOP, .callback = count}};
    auraio_options_t options;
    pthread_t thread;
    int fds[FILES];
    char name[32];

    entered = released = later = left = 0;
    test_options(&options);
    options.ring_count = 1;
    engine = test_engine(&options);
    start_threads(&thread, 1, run, NULL);
    is(auraio_submit(engine, ops, 2, NULL), 2, "%s", what);
    ok(reaches(&entered, 1), "%s: the first callback is running", what);
    atomic_store(&later, 0); /* workers may end the two in any order */
    double began_ms = now_ms();
    errno = 0;
    is(auraio_destroy_timeout(engine, GIVE_UP_MS), -1, "%s: destroy gives up", what);
    is(errno, ETIMEDOUT, "%s: ... and says so", what);
    ok(now_ms() - began_ms < GENEROUS_MS, "%s: ... in time", what);
    for (int i = 0; i < FILES; i++) {
        snprintf(name, sizeof name, "file-%d", i);
        fds[i] = scratch_file(name, 0, 0);
    }
    atomic_store(&released, 1);
    ok(reaches(&left, 1), "%s: the thread comes out of the engine", what);
    join_threads(&thread, 1);
    is(atomic_load(&later), 0, "%s: no callback ran after destroy", what);
    is(written_to(fds), 0, "%s: nothing was written to files opened since", what);
    for (int i = 0; i < FILES; i++)
        close(fds[i]);
}

int main(void)
{
    with("a chain", AURAIO_OPF_LINK);
    with("two operations", 0);
    return done();
}
