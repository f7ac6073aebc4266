/* SPDX-License-Identifier: Apache-2.0 */
/* A thread waits in unregister for operations that use the set while another destroys the engine:
 * the first comes out, with or without success, before the memory goes. */
#include "slow.h"
#include "threads.h"

enum { STUCK_MS = 3000, ENDS_MS = 60000, GENEROUS_MS = 30000 };

static auraio_engine_t *engine;
static unsigned char memory[4096];
static _Atomic int began, returned;

static void *unregister_buffers(void *unused)
{
    atomic_store(&began, 1);
    auraio_unregister_buffers(engine);
    atomic_fetch_add(&returned, 1);
    return unused;
}

static void *unregister_files(void *unused)
{
    atomic_store(&began, 1);
    auraio_unregister_files(engine);
    atomic_fetch_add(&returned, 1);
    return unused;
}

static void with(const char *what, void *(*unregister)(void *), bool ends)
{
    const struct iovec iov = {memory, sizeof memory};
    struct slow slow;
    struct seen seen = {0};
    pthread_t thread;

    began = returned = 0;
    slow_open(&slow);
    engine = test_engine(NULL);
    if (auraio_register_buffers(engine, &iov, 1) || auraio_register_files(engine, &slow.out, 1))
        bail("nothing can be registered: %s", strerror(errno));
    ok(auraio_read(engine, auraio_fixed_file(0), auraio_buf_fixed_idx(0), 1, 0, see, &seen) != NULL,
       "%s: a read uses the set", what);
    auraio_flush(engine);
    start_threads(&thread, 1, unregister, NULL);
    ok(reaches(&began, 1), "%s: a thread unregisters it", what);
    others_fall_asleep();
    if (ends)
        slow_end(&slow);
    double began_ms = now_ms();
    is(auraio_destroy_timeout(engine, ends ? ENDS_MS : STUCK_MS), 0, "%s: destroy meanwhile", what);
    ok(now_ms() - began_ms < GENEROUS_MS, "%s: ... in time", what);
    join_threads(&thread, 1);
    is(atomic_load(&returned), 1, "%s: the thread comes out", what);
    is(seen.calls, 1, "%s: the callback has run once", what);
    is(seen.result, ends ? 1 : -ECANCELED, "%s: with its result", what);
    slow_close(&slow);
}

int main(void)
{
    with("buffers, the read ends", unregister_buffers, true);
    with("buffers, it is stuck", unregister_buffers, false);
    with("files, the read ends", unregister_files, true);
    with("files, it is stuck", unregister_files, false);
    return done();
}
