/* SPDX-License-Identifier: Apache-2.0 */
/* In a forked child every call on the parent's engine fails with EOWNERDEAD, destroy there frees
 * memory and closes nothing, and the parent's operations complete as if nothing had been. */
#include "child.h"
#include "slow.h"

enum { OPERATIONS = 50, BLOCK_BYTES = 4096 };

static auraio_engine_t *engine;
static struct slow slow;
static unsigned char buf[BLOCK_BYTES];

static bool dead(bool failed)
{
    bool right = failed && errno == EOWNERDEAD;

    errno = 0;
    return right;
}

static int use_inherited(void *arg)
{
    const struct iovec iov = {buf, sizeof buf};
    auraio_op_t op = {.type = AURAIO_OP_NOP};
    struct seen *seen = arg;

    EXPECT(dead(!auraio_nop(engine, see, seen)));
    EXPECT(dead(!auraio_read(engine, slow.out, auraio_buf(buf), 1, 0, see, seen)));
    EXPECT(dead(!auraio_openat(engine, AT_FDCWD, "/dev/null", O_RDONLY, 0, see, seen)));
    EXPECT(dead(auraio_submit(engine, &op, 1, NULL) == -1));
    EXPECT(dead(auraio_poll(engine) == -1));
    EXPECT(dead(auraio_wait(engine, -1) == -1));
    EXPECT(dead(auraio_wait_n(engine, 3, 1000) == -1));
    EXPECT(dead(auraio_run(engine) == -1));
    EXPECT(dead(auraio_drain(engine, -1) == -1));
    EXPECT(dead(auraio_flush(engine) == -1));
    EXPECT(dead(auraio_wakeup(engine) == -1));
    EXPECT(dead(auraio_stop(engine) == -1));
    EXPECT(dead(auraio_cancel(engine, slow.req) == -1));
    EXPECT(dead(auraio_cancel_fd(engine, slow.out) == -1));
    EXPECT(dead(auraio_get_poll_fd(engine) == -1));
    EXPECT(dead(auraio_pending_count(engine) == -1));
    EXPECT(dead(auraio_register_buffers(engine, &iov, 1) == -1));
    EXPECT(dead(auraio_register_files(engine, &slow.out, 1) == -1));
    EXPECT(!auraio_request_pending(slow.req));
    EXPECT(seen->calls == 0 && slow.seen.calls == 0);
    return 0;
}

static int destroy_inherited(void *arg)
{
    int fds = count_fds();
    double began_ms = now_ms();

    EXPECT(auraio_destroy_timeout(engine, 90000) == 0);
    EXPECT(now_ms() - began_ms < 30000);
    EXPECT(count_fds() == fds);
    EXPECT(slow.seen.calls == 0);
    return arg == NULL;
}

static int just_exit(void *arg)
{
    return arg == NULL;
}

int main(void)
{
    struct seen seen[OPERATIONS] = {0}, child_seen = {0};
    int fd = scratch_file("file", BLOCK_BYTES, 0), once = 0;

    engine = test_engine(NULL);
    is(outcome(engine, auraio_nop(engine, see, &child_seen), &child_seen), 0, "an engine at work");
    slow_start(engine, &slow);
    for (int i = 0; i < OPERATIONS; i++)
        auraio_read(engine, fd, auraio_buf(buf), BLOCK_BYTES, 0, see, &seen[i]);
    int fds = count_fds(); /* with those of every ring that has come into being */
    is(in_child(use_inherited, &child_seen), 0, "a child uses it");
    is(in_child(destroy_inherited, &child_seen), 0, "a child destroys it");
    is(in_child(just_exit, &child_seen), 0, "a child does nothing and exits");
    is(count_fds(), fds, "the parent has its descriptors");
    is(auraio_wait_n(engine, OPERATIONS, 60000), OPERATIONS, "its operations complete");
    for (int i = 0; i < OPERATIONS; i++)
        once += seen[i].calls == 1 && seen[i].result == BLOCK_BYTES;
    is(once, OPERATIONS, "each once and in full");
    is(child_seen.calls, 0, "nothing came from the children");
    is(slow_finish(engine, &slow), 1, "what was in flight all the time too");
    is(outcome(engine, auraio_nop(engine, see, &child_seen), &child_seen), 0, "it works on");
    auraio_destroy(engine);
    return done();
}
