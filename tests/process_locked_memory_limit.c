/* SPDX-License-Identifier: Apache-2.0 */
/* An ordinary user who may lock little memory gets an engine: with what the kernel grants, or on
 * threads. Again and again, and in several processes at once. */
#include "child.h"

#include <sys/resource.h>

enum { ENGINES = 20, PROCESSES = 3, BLOCK_BYTES = 4096 };

static int fd;

static int one_engine(void)
{
    unsigned char buf[BLOCK_BYTES];
    auraio_features_t features;
    struct seen seen = {0};

    auraio_engine_t *engine = auraio_create();
    EXPECT(engine);
    EXPECT(auraio_get_features(engine, &features) == 0);
    EXPECT(features.backend == AURAIO_BACKEND_URING || features.uring_errno != 0);
    EXPECT(features.backend == AURAIO_BACKEND_URING || features.reason[0]);
    for (int i = 0; i < 20; i++) {
        memset(buf, 0, sizeof buf);
        EXPECT(outcome(engine, auraio_read(engine, fd, auraio_buf(buf), BLOCK_BYTES, 0, see, &seen),
                       &seen) == BLOCK_BYTES);
        EXPECT(matches_pattern(buf, BLOCK_BYTES, 0));
    }
    EXPECT(auraio_destroy_timeout(engine, 60000) == 0);
    return 0;
}

static int as_ordinary_user(void *arg)
{
    struct rlimit limit = {*(rlim_t *)arg, *(rlim_t *)arg};

    EXPECT(setrlimit(RLIMIT_MEMLOCK, &limit) == 0);
    EXPECT(become_ordinary_user());
    for (int i = 0; i < ENGINES; i++)
        if (one_engine() != 0)
            return CHILD_FAILED;
    return 0;
}

int main(void)
{
    const rlim_t limits[] = {0,       4096,    65536,   128 << 10, 256 << 10,
                             1 << 19, 1 << 20, 2 << 20, 4 << 20,   8 << 20};
    pid_t children[PROCESSES];

    if (geteuid() != 0)
        skip_all("only root can become another user");
    fd = scratch_file("file", BLOCK_BYTES, 0);
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        rlim_t limit = limits[i];
        for (int k = 0; k < PROCESSES; k++)
            children[k] = start_child(as_ordinary_user, &limit);
        for (int k = 0; k < PROCESSES; k++)
            is(join_child(children[k]), 0, "%llu bytes: process %d", (unsigned long long)limit, k);
    }
    return done();
}
