/* SPDX-License-Identifier: Apache-2.0 */
/* Who asks for short transfers gets them: AURAIO_OPF_SHORT for one operation, report_short
 * for all of an engine. */
#include "faultfs.h"
#include "outcome.h"

enum { BYTES = 5000, MOST = 1024 };

static unsigned char buf[BYTES];
static const struct iovec iov[] = {{buf, 1000}, {buf + 1000, BYTES - 1000}};
static const auraio_op_type_t types[] = {AURAIO_OP_READ, AURAIO_OP_READV, AURAIO_OP_WRITE,
                                         AURAIO_OP_WRITEV};

static auraio_op_t make(auraio_op_type_t type, int fd, unsigned flags, struct seen *seen)
{
    bool vectored = type == AURAIO_OP_READV || type == AURAIO_OP_WRITEV;
    auraio_op_t op = vectored ? vectored_op(type, fd, iov, 2, 0, seen)
                              : transfer_op(type, fd, buf, BYTES, 0, seen);

    op.flags = flags;
    return op;
}

static void all_four(auraio_engine_t *engine, struct faultfs *fs, unsigned flags, ssize_t wanted)
{
    int in = faultfs_open(fs, O_DIRECT), out = faultfs_open_for_short_writes(fs);
    struct seen seen = {0};

    for (int i = 0; i < 4; i++) {
        atomic_store(&fs->orders->reads, 0);
        atomic_store(&fs->orders->writes, 0);
        auraio_op_t op = make(types[i], i < 2 ? in : out, flags, &seen);
        ssize_t got = outcome_of(engine, &op, &seen);
        int asked = atomic_load(&fs->orders->reads) + atomic_load(&fs->orders->writes);
        /* Writes that the kernel makes at once io_uring continues by itself. */
        if (got == BYTES && i >= 2 && !on_threads())
            is(asked, (BYTES + MOST - 1) / MOST, "type %d: the kernel went on", (int)types[i]);
        else
            is(got, wanted, "type %d, flags %u", (int)types[i], flags);
        is(seen.error, 0, "no error");
        ok((asked == 1) == (got == MOST), "the device was asked %d times", asked);
    }
    close(in);
    close(out);
}

int main(void)
{
    struct faultfs *fs = faultfs_needed();
    auraio_engine_t *engine = test_engine(NULL);
    auraio_options_t options;
    struct seen seen = {0};
    int fd = faultfs_open(fs, O_DIRECT);

    atomic_store(&fs->orders->most_bytes, MOST);
    all_four(engine, fs, 0, BYTES);
    all_four(engine, fs, AURAIO_OPF_SHORT, MOST);
    auraio_destroy(engine);

    test_options(&options);
    options.report_short = true;
    engine = test_engine(&options);
    all_four(engine, fs, 0, MOST);
    is(outcome(engine, auraio_read(engine, fd, auraio_buf(buf), BYTES, 0, see, &seen), &seen), MOST,
       "a single call with report_short");
    auraio_destroy(engine);
    close(fd);
    faultfs_stop(fs);
    return done();
}
