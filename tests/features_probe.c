/* SPDX-License-Identifier: Apache-2.0 */
/* A probe finds what an engine made now would find, makes none, and leaves nothing behind. */
#include "threads.h"

int main(void)
{
    auraio_features_t probed, found;

    int threads = threads_now(), good = 0;
    is(auraio_probe(&probed), 0, "a probe");
    int fds = count_fds();
    for (int i = 0; i < 50; i++)
        good += auraio_probe(&probed) == 0;
    is(good, 50, "and again");
    is(count_fds(), fds, "no descriptor is left behind");
    is(threads_left(threads), threads, "no thread either");

    auraio_engine_t *engine = auraio_create();
    ok(engine, "an engine");
    is(auraio_get_features(engine, &found), 0, "its features");
    is(found.backend, probed.backend, "the same backend");
    is(found.uring_errno, probed.uring_errno, "for the same reason");
    is((int64_t)(found.available & ~probed.available), 0,
       "it found nothing that the probe did not");
    ok(found.available >> AURAIO_FEATURE_OP_FIRST == probed.available >> AURAIO_FEATURE_OP_FIRST,
       "and the same operations");
    ok(strcmp(found.kernel_release, probed.kernel_release) == 0, "the same kernel");
    ok(probed.backend == AURAIO_BACKEND_URING || probed.uring_errno > 0,
       "io_uring, or a reason why not: %s", probed.reason);
    auraio_destroy(engine);
    return done();
}
