/* SPDX-License-Identifier: Apache-2.0 */
/* A device that moves a few bytes at a time: elements are finished from where they were
 * left, whatever the cut, and no byte is moved twice or lost. */
#include "faultfs.h"
#include "outcome.h"

enum { ELEMENTS = 5 };

static const size_t lengths[ELEMENTS] = {1000, 0, 1, 4097, 2500};

static size_t layout(struct iovec *iov, unsigned char *memory)
{
    size_t total = 0;

    for (int i = 0; i < ELEMENTS; i++) {
        iov[i] = (struct iovec){memory + total + 10 * (size_t)i, lengths[i]};
        total += lengths[i];
    }
    return total;
}

static bool holds_pattern(const struct iovec *iov, uint64_t offset)
{
    for (int i = 0; i < ELEMENTS; i++) {
        if (!matches_pattern(iov[i].iov_base, iov[i].iov_len, offset))
            return false;
        offset += iov[i].iov_len;
    }
    return true;
}

static void cut_at(auraio_engine_t *engine, struct faultfs *fs, int fd, int out, unsigned most)
{
    static unsigned char memory[20000];
    struct iovec iov[ELEMENTS], given[ELEMENTS];
    struct seen seen = {0};
    const uint64_t from = 3001, to = 20011;
    size_t total = layout(iov, memory);

    faultfs_calm(fs);
    memset(memory, 0, sizeof memory);
    memcpy(given, iov, sizeof iov);
    atomic_store(&fs->orders->most_bytes, most);
    is(outcome(engine, auraio_readv(engine, fd, iov, ELEMENTS, (int64_t)from, see, &seen), &seen),
       total, "readv, at most %u at a time", most);
    is(seen.error, 0, "no error");
    ok(holds_pattern(iov, from), "each element has its bytes");
    is(outcome(engine, auraio_writev(engine, out, iov, ELEMENTS, (int64_t)to, see, &seen), &seen),
       total, "writev, at most %u at a time", most);
    ok(matches_pattern(fs->orders->data, to, 0), "nothing changed before");
    ok(matches_pattern(fs->orders->data + to, total, from), "the device has the bytes in order");
    ok(matches_pattern(fs->orders->data + to + total, FAULTFS_BYTES - to - total, to + total),
       "nothing changed behind");
    ok(memcmp(given, iov, sizeof iov) == 0, "the caller's array is as it was");
}

int main(void)
{
    static const unsigned cuts[] = {100000, 4096, 2500, 1001, 1000, 999, 500, 33};
    struct faultfs *fs = faultfs_needed();
    auraio_engine_t *engine = test_engine(NULL);
    int fd = faultfs_open(fs, 0), out = faultfs_open_for_short_writes(fs);

    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++)
        cut_at(engine, fs, fd, out, cuts[i]);
    auraio_destroy(engine);
    close(fd);
    close(out);
    faultfs_stop(fs);
    return done();
}
