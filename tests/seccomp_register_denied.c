/* SPDX-License-Identifier: Apache-2.0 */
/* io_uring_register is denied, from the start or while an engine is at work: what registration
 * would have made faster works without it. */
#include "everything.h"
#include "seccomp.h"

static int fd;

static int from_the_start(void *arg)
{
    auraio_features_t features;

    EXPECT(deny((struct denial){SYS_io_uring_register, *(int *)arg}));
    auraio_engine_t *engine = auraio_create();
    EXPECT(engine);
    EXPECT(serves_everything(engine, fd) == 0);
    EXPECT(auraio_get_features(engine, &features) == 0);
    EXPECT(!(features.used >> AURAIO_FEATURE_FIXED_BUFFERS & 1));
    EXPECT(!(features.used >> AURAIO_FEATURE_FIXED_FILES & 1));
    EXPECT(!(features.used >> AURAIO_FEATURE_REGISTERED_RING & 1));
    EXPECT(auraio_destroy_timeout(engine, 60000) == 0);
    return 0;
}

static int all_of_a_sudden(void *arg)
{
    static unsigned char memory[EVERYTHING_BYTES];
    const struct iovec iov = {memory, sizeof memory};
    struct seen seen = {0};

    auraio_engine_t *engine = auraio_create();
    EXPECT(engine);
    EXPECT(serves_everything(engine, fd) == 0);
    EXPECT(auraio_register_buffers(engine, &iov, 1) == 0);
    EXPECT(auraio_register_files(engine, &fd, 1) == 0);
    EXPECT(deny((struct denial){SYS_io_uring_register, *(int *)arg}));
    GIVES(auraio_read(engine, auraio_fixed_file(0), auraio_buf_fixed_idx(0), sizeof memory, 0, see,
                      &seen),
          sizeof memory);
    EXPECT(matches_pattern(memory, sizeof memory, 0));
    EXPECT(auraio_unregister_buffers(engine) == 0);
    EXPECT(auraio_unregister_files(engine) == 0);
    EXPECT(serves_everything(engine, fd) == 0);
    EXPECT(auraio_destroy_timeout(engine, 60000) == 0);
    return 0;
}

int main(void)
{
    const int errors[] = {EPERM, ENOSYS, EINVAL};

    need_seccomp();
    fd = scratch_file("file", 0, 0);
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        int error = errors[i];
        is(in_child(from_the_start, &error), 0, "%s, from the start", strerror(error));
        is(in_child(all_of_a_sudden, &error), 0, "%s, all of a sudden", strerror(error));
    }
    return done();
}
