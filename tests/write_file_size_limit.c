/* SPDX-License-Identifier: Apache-2.0 */
/* At RLIMIT_FSIZE a write gives the count that fits and EFBIG; the next gives EFBIG. */
#include "outcome.h"

#include <signal.h>
#include <sys/resource.h>

enum { LIMIT = 1 << 20 };

int main(void)
{
    const struct rlimit limit = {LIMIT, LIMIT};
    static unsigned char buf[65536];
    const struct iovec iov[] = {{buf, 3000}, {buf + 3000, 3000}, {buf + 6000, 3000}};
    struct seen seen = {0};
    int fd = scratch_file("file", 0, 0);

    signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
        skip_all("setrlimit: %s", strerror(errno));
    auraio_engine_t *engine = test_engine(NULL);
    fill_pattern(buf, sizeof buf, 0);

    is(outcome(engine,
               auraio_write(engine, fd, auraio_buf(buf), sizeof buf, LIMIT - 5000, see, &seen),
               &seen),
       5000, "a write across the limit gives what fits");
    is(seen.error, EFBIG, "and tells EFBIG");
    is(lseek(fd, 0, SEEK_END), LIMIT, "the file ends at the limit");
    is(outcome(engine, auraio_writev(engine, fd, iov, 3, LIMIT - 5000, see, &seen), &seen), 5000,
       "so does a writev");
    is(seen.error, EFBIG, "and tells EFBIG");
    is(outcome(engine, auraio_write(engine, fd, auraio_buf(buf), 1, LIMIT, see, &seen), &seen),
       -EFBIG, "a write at the limit gives EFBIG");
    is(outcome(engine, auraio_write(engine, fd, auraio_buf(buf), 5000, LIMIT - 5000, see, &seen),
               &seen),
       5000, "a write up to the limit is whole");
    is(seen.error, 0, "and has no error");
    auraio_destroy(engine);
    return done();
}
