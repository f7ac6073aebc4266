/* SPDX-License-Identifier: Apache-2.0 */
/* readv and writev fill and empty their elements in order; empty ones do no harm. */
#include "outcome.h"

#include <limits.h>

enum { ODD_ELEMENTS = 7 };

static void uneven(auraio_engine_t *engine)
{
    static const size_t lengths[ODD_ELEMENTS] = {1, 0, 4095, 3, 70000, 0, 512};
    static unsigned char out[80000], in[80000];
    struct iovec from[ODD_ELEMENTS], to[ODD_ELEMENTS], copy[ODD_ELEMENTS];
    struct seen seen = {0};
    int fd = scratch_file("uneven", 0, 0);
    size_t total = 0;

    for (int i = 0; i < ODD_ELEMENTS; i++) {
        from[i] = (struct iovec){lengths[i] ? out + total : NULL, lengths[i]};
        to[i] = (struct iovec){lengths[i] ? in + total : NULL, lengths[i]};
        total += lengths[i];
    }
    fill_pattern(out, total, 0);
    memcpy(copy, to, sizeof to);
    is(outcome(engine, auraio_writev(engine, fd, from, ODD_ELEMENTS, 99, see, &seen), &seen), total,
       "writev of uneven elements, two of them empty");
    is(outcome(engine, auraio_readv(engine, fd, to, ODD_ELEMENTS, 99, see, &seen), &seen), total,
       "readv of them");
    ok(memcmp(in, out, total) == 0, "they agree");
    ok(memcmp(copy, to, sizeof to) == 0, "the caller's array is as it was");
    close(fd);
}

static void as_many_as_there_may_be(auraio_engine_t *engine)
{
    static unsigned char out[IOV_MAX * 3], in[IOV_MAX * 3];
    static struct iovec from[IOV_MAX], to[IOV_MAX];
    struct seen seen = {0};
    int fd = scratch_file("many", 0, 0);

    fill_pattern(out, sizeof out, 5);
    for (size_t i = 0; i < IOV_MAX; i++) {
        from[i] = (struct iovec){out + i * 3, 3};
        to[i] = (struct iovec){in + (IOV_MAX - 1 - i) * 3, 3};
    }
    is(outcome(engine, auraio_writev(engine, fd, from, IOV_MAX, 0, see, &seen), &seen), sizeof out,
       "writev of IOV_MAX elements");
    is(outcome(engine, auraio_readv(engine, fd, to, IOV_MAX, 0, see, &seen), &seen), sizeof in,
       "readv of IOV_MAX elements, last first");
    size_t right = 0;
    for (size_t i = 0; i < IOV_MAX; i++)
        right += memcmp(to[i].iov_base, out + i * 3, 3) == 0;
    is(right, IOV_MAX, "each element has its bytes");
    close(fd);
}

int main(void)
{
    auraio_engine_t *engine = test_engine(NULL);

    uneven(engine);
    as_many_as_there_may_be(engine);
    auraio_destroy(engine);
    return done();
}
