/* SPDX-License-Identifier: Apache-2.0 */
/* A batch is taken from the front up to its first invalid operation; nothing behind that
 * is started. */
#include "outcome.h"

enum { N = 8, BYTES = 100 };

static unsigned char bufs[N][BYTES];

static void bad_at(auraio_engine_t *engine, int fd, int bad)
{
    auraio_request_t *handles[N] = {NULL};
    struct seen seen[N] = {0};
    auraio_op_t ops[N];
    unsigned char back[BYTES];
    int finished = 0, untouched = 0;

    if (ftruncate(fd, 0) != 0 || ftruncate(fd, N * BYTES) != 0)
        bail("ftruncate: %s", strerror(errno));
    for (int i = 0; i < N; i++) {
        memset(bufs[i], 0x40 + i, BYTES);
        ops[i] = transfer_op(AURAIO_OP_WRITE, fd, bufs[i], i == bad ? 0 : BYTES, (int64_t)i * BYTES,
                             &seen[i]);
    }
    errno = 0;
    is(auraio_submit(engine, ops, N, handles), bad ? bad : -1, "number %d is invalid", bad);
    ok(bad || errno == EINVAL, "with EINVAL when it is the first");
    is(auraio_pending_count(engine), bad, "those before it are under way");
    is(auraio_drain(engine, 60000), bad, "and complete");
    for (int i = 0; i < bad; i++)
        finished += seen[i].calls == 1 && seen[i].result == BYTES && seen[i].req == handles[i];
    is(finished, bad, "each once, with its result and handle");
    for (int i = bad; i < N; i++)
        untouched += seen[i].calls == 0 && pread(fd, back, BYTES, (off_t)i * BYTES) == BYTES &&
                     all_bytes_are(back, BYTES, 0);
    is(untouched, N - bad, "the rest was not started");
}

int main(void)
{
    auraio_engine_t *engine = test_engine(NULL);
    int fd = scratch_file("file", 0, 0);

    bad_at(engine, fd, 0);
    bad_at(engine, fd, 1);
    bad_at(engine, fd, 4);
    bad_at(engine, fd, N - 1);
    auraio_destroy(engine);
    return done();
}
