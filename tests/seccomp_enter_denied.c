/* SPDX-License-Identifier: Apache-2.0 */
/* io_uring_setup passes and io_uring_enter is denied: from the start, or all of a sudden while an
 * engine is at work. Everything is served all the same. */
#include "everything.h"
#include "seccomp.h"

static int fd;

static int from_the_start(void *arg)
{
    EXPECT(deny((struct denial){SYS_io_uring_enter, *(int *)arg}));
    auraio_engine_t *engine = auraio_create();
    EXPECT(engine);
    EXPECT(serves_everything(engine, fd) == 0);
    EXPECT(auraio_destroy_timeout(engine, 60000) == 0);
    return 0;
}

static int all_of_a_sudden(void *arg)
{
    struct seen seen[20] = {0};

    auraio_engine_t *engine = auraio_create();
    EXPECT(engine);
    EXPECT(serves_everything(engine, fd) == 0);
    EXPECT(auraio_set_max_in_flight(engine, 0) == 0);
    for (int i = 0; i < 20; i++)
        EXPECT(auraio_nop(engine, see, &seen[i]));
    EXPECT(deny((struct denial){SYS_io_uring_enter, *(int *)arg}));
    for (int i = 0; i < 20; i++)
        EXPECT(wait_seen(engine, &seen[i]) && seen[i].result == 0);
    EXPECT(serves_everything(engine, fd) == 0);
    EXPECT(auraio_destroy_timeout(engine, 60000) == 0);
    return 0;
}

int main(void)
{
    const int errors[] = {EPERM, ENOSYS, EACCES};

    need_seccomp();
    fd = scratch_file("file", 0, 0);
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        int error = errors[i];
        is(in_child(from_the_start, &error), 0, "%s, from the start", strerror(error));
        is(in_child(all_of_a_sudden, &error), 0, "%s, all of a sudden", strerror(error));
    }
    return done();
}
