/* SPDX-License-Identifier: Apache-2.0 */
/* A cancel that comes when a part of a transfer has ended, and the library is about to go on with
 * the rest or to try again, is obeyed: no further call is made. */
#include "kern.h"
#include "outcome.h"

#include <sys/stat.h>

enum { WHOLE = 4096, HALF = 2048 };

static auraio_engine_t *engine;
static auraio_request_t *target;
static _Atomic int reads, asked, cancelled;
static bool is_short;

/* The first call is no more than a beginning. */
static ssize_t read_badly(int fd, const struct iovec *iov, int iovcnt, int64_t offset, int flags)
{
    struct iovec half = {iov->iov_base, HALF};

    if (atomic_fetch_add(&reads, 1) > 0)
        return aur_kern_real.preadv2(fd, iov, iovcnt, offset, flags);
    return is_short ? aur_kern_real.preadv2(fd, &half, 1, offset, flags) : -EAGAIN;
}

/* What the library asks before it goes on. */
static int statx_and_cancel(int dirfd, const char *path, int flags, unsigned mask,
                            struct statx *out)
{
    if (mask == (STATX_TYPE | STATX_SIZE) && atomic_load(&reads) && !atomic_exchange(&asked, 1))
        atomic_store(&cancelled, auraio_cancel(engine, target));
    return aur_kern_real.statx(dirfd, path, flags, mask, out);
}

static void with(const char *what, int fd, bool short_read, ssize_t wanted)
{
    static unsigned char buf[WHOLE];
    struct seen seen = {0};

    is_short = short_read;
    reads = asked = 0;
    cancelled = -1;
    target = auraio_read(engine, fd, auraio_buf(buf), WHOLE, 0, see, &seen);
    ssize_t result = outcome(engine, target, &seen);
    is(atomic_load(&asked), 1, "%s: it was judged", what);
    is(atomic_load(&cancelled), 0, "%s: the cancel is accepted", what);
    is(result, wanted, "%s: it ends with what there was", what);
    is(seen.error, ECANCELED, "%s: because of the cancel", what);
    is(atomic_load(&reads), 1, "%s: no further read was made", what);
}

int main(void)
{
    int fd = scratch_file("file", WHOLE, 0);
    auraio_options_t options;

    aur_kern.preadv2 = read_badly;
    aur_kern.statx = statx_and_cancel;
    test_options(&options);
    options.backend = AURAIO_BACKEND_THREADS;
    engine = test_engine(&options);
    with("EAGAIN", fd, false, -ECANCELED);
    with("a short read", fd, true, HALF);
    auraio_destroy(engine);
    return done();
}
