/* SPDX-License-Identifier: Apache-2.0 */
/* A callback forks. In the child the wait it was called from returns EOWNERDEAD and the engine may
 * be destroyed, even by that callback, which may go on with an engine of its own; the parent goes
 * on as if nothing had been. */
#include "child.h"
#include "threads.h"

enum { OPERATIONS = 4, BLOCK_BYTES = 4096, CHILD_DONE = 7 };

static auraio_engine_t *engine;
static pid_t child;
static bool destroys;
static int calls_here, file;
static bool own_works;

static bool reads_with_own_engine(void)
{
    static unsigned char buf[BLOCK_BYTES];
    struct seen seen = {0};
    auraio_engine_t *own = test_engine(NULL);
    auraio_request_t *req = auraio_read(own, file, auraio_buf(buf), BLOCK_BYTES, 0, see, &seen);
    bool works = outcome(own, req, &seen) == BLOCK_BYTES;

    auraio_destroy(own);
    return works;
}

static void fork_once(auraio_request_t *req, ssize_t result, void *user_data)
{
    (void)result;
    (void)user_data;
    calls_here++;
    if (child >= 0)
        return;
    fflush(NULL);
    child = fork();
    if (child == 0) {
        calls_here = 0;
        alarm(CHILD_LIMIT_S);
        if (destroys) {
            auraio_destroy(engine);
            own_works = auraio_request_fd(req) == -1 && reads_with_own_engine();
        }
    }
}

static int as_the_child(int returned, int error)
{
    EXPECT(returned == -1 && error == EOWNERDEAD);
    EXPECT(calls_here == 0);
    if (!destroys) {
        EXPECT(auraio_wait(engine, 0) == -1 && errno == EOWNERDEAD);
        auraio_destroy(engine);
    } else {
        EXPECT(own_works);
    }
    EXPECT(reads_with_own_engine());
    return CHILD_DONE;
}

static int wait_for_all(int kind)
{
    if (kind == 0)
        return auraio_wait_n(engine, OPERATIONS, 60000);
    return auraio_drain(engine, 60000);
}

static void with(const char *what, int kind, bool in_callback)
{
    static unsigned char bufs[OPERATIONS][BLOCK_BYTES];

    child = -1;
    calls_here = 0;
    destroys = in_callback;
    engine = test_engine(NULL);
    for (int i = 0; i < OPERATIONS; i++)
        if (!auraio_read(engine, file, auraio_buf(bufs[i]), BLOCK_BYTES, 0, fork_once, NULL))
            bail("a read is refused: %s", strerror(errno));
    auraio_flush(engine);
    others_fall_asleep(); /* a child does not inherit locks of a sanitizer that workers hold */
    int returned = wait_for_all(kind), error = errno;
    if (child == 0)
        _exit(as_the_child(returned, error));
    if (child < 0)
        bail("fork: %s", strerror(errno));
    is(returned, OPERATIONS, "%s: the parent's operations complete", what);
    is(calls_here, OPERATIONS, "%s: each callback runs once there", what);
    is(join_child(child), CHILD_DONE, "%s: the child is told and lives on", what);
    is(auraio_destroy_timeout(engine, 60000), 0, "%s: the parent's engine ends well", what);
}

int main(void)
{
    if (UNDER_TSAN && on_threads())
        skip_all("TSan does not bear threads after a fork");
    file = scratch_file("file", BLOCK_BYTES, 0);

    with("wait", 0, false);
    with("wait, destroyed in the callback", 0, true);
    with("drain", 1, false);
    with("drain, destroyed in the callback", 1, true);
    return done();
}
