/* SPDX-License-Identifier: Apache-2.0 */
/* close really closes, once: the number is free when the callback runs. */
#include "outcome.h"

static auraio_engine_t *engine;

static ssize_t closed_by_library(int fd)
{
    struct seen seen = {0};

    return outcome(engine, auraio_close(engine, fd, see, &seen), &seen);
}

static void frees_the_number(void)
{
    struct seen seen = {0};
    int fd = scratch_file("file", 10, 0);

    is(outcome(engine, auraio_nop(engine, see, &seen), &seen), 0, "the engine is at work");
    int before = count_fds();
    is(closed_by_library(fd), 0, "a file is closed");
    is(fcntl(fd, F_GETFD), -1, "its number is gone");
    is(errno, EBADF, "with EBADF");
    is(count_fds(), before - 1, "there is one descriptor less");
    is(closed_by_library(fd), -EBADF, "closing it again gives EBADF");
    is(verdict(closed_by_library(-1)) == -EINVAL || verdict(closed_by_library(-1)) == -EBADF, 1,
       "a negative one is refused");
}

static void lets_the_reader_see_the_end(void)
{
    int ends[2];
    char byte;

    if (pipe2(ends, O_CLOEXEC) != 0)
        bail("pipe: %s", strerror(errno));
    is(closed_by_library(ends[1]), 0, "the writing end of a pipe is closed");
    is(read(ends[0], &byte, 1), 0, "the reader sees the end");
    is(closed_by_library(ends[0]), 0, "the reading end is closed");
}

/* What the library remembers of a descriptor must not outlive it. */
static void number_is_used_again(void)
{
    unsigned char buf[100];
    struct seen seen = {0};

    for (int round = 0; round < 20; round++) {
        int fd = scratch_file("first", 1000, 0);
        is(outcome(engine, auraio_read(engine, fd, auraio_buf(buf), 100, 0, see, &seen), &seen),
           100, "round %d: a file is read", round);
        if (round % 2)
            close(fd);
        else
            is(closed_by_library(fd), 0, "and closed by the library");
        int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);
        int again = zero == fd ? zero : dup3(zero, fd, O_CLOEXEC);
        is(again, fd, "another file gets its number");
        if (zero != again)
            close(zero);
        is(outcome(engine, auraio_read(engine, again, auraio_buf(buf), 100, 0, see, &seen), &seen),
           100, "and is read");
        ok(all_bytes_are(buf, 100, 0), "the bytes are its own");
        close(again);
    }
}

int main(void)
{
    auraio_options_t options;

    test_options(&options);
    options.ring_count = 1; /* the descriptors of others would be counted when they are made */
    engine = test_engine(&options);
    frees_the_number();
    lets_the_reader_see_the_end();
    number_is_used_again();
    auraio_destroy(engine);
    return done();
}
