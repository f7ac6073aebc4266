/* SPDX-License-Identifier: Apache-2.0 */
/* A thousand engines, one after the other, leave no descriptor and no thread behind. */
#include "threads.h"

enum { ROUNDS = 1000 };

/* AUTO, since the kernel takes its time to give back the memory that rings have locked: in the
 * end an ordinary user may get no ring for a moment. */
static auraio_engine_t *new_engine(void)
{
    auraio_options_t options;

    test_options(&options);
    if (!on_threads())
        options.backend = AURAIO_BACKEND_AUTO;
    return test_engine(&options);
}

static bool one_round(int fd)
{
    unsigned char buf[4096];
    struct seen seen = {0};
    auraio_engine_t *engine = new_engine();
    ssize_t n =
        outcome(engine, auraio_read(engine, fd, auraio_buf(buf), sizeof buf, 0, see, &seen), &seen);

    auraio_destroy(engine);
    return n == sizeof buf && matches_pattern(buf, sizeof buf, 0);
}

int main(void)
{
    int fd = scratch_file("file", 4096, 0), right = 0;

    ok(one_round(fd), "the first engine reads");
    int fds = count_fds(), threads = threads_now();
    for (int i = 0; i < ROUNDS; i++)
        right += one_round(fd);
    is(right, ROUNDS, "so does each of %d more", ROUNDS);
    is(count_fds(), fds, "no descriptor is left behind");
    is(threads_left(threads), threads, "no thread either");
    for (int i = 0; i < ROUNDS; i++)
        auraio_destroy(new_engine());
    is(count_fds(), fds, "nor by engines that were never used");
    is(threads_left(threads), threads, "nor a thread by them");
    return done();
}
