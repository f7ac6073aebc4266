/* SPDX-License-Identifier: Apache-2.0 */
/* A missing path or output is an error, told at the call or to the callback, never a crash. */
#include "outcome.h"

#include <sys/stat.h>

static auraio_engine_t *engine;
static struct seen seen;

static void refused(const auraio_request_t *req, const char *what)
{
    ssize_t got = verdict(outcome(engine, req, &seen));

    ok(got == -EINVAL || got == -EFAULT, "%s: EINVAL or EFAULT (%zd)", what, got);
}

int main(void)
{
    struct statx out;
    int dir = open(scratch_dir(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    close(scratch_file("file", 1, 0));
    engine = test_engine(NULL);
    refused(auraio_openat(engine, dir, NULL, O_RDONLY, 0, see, &seen), "openat without a path");
    refused(auraio_statx(engine, dir, NULL, 0, STATX_SIZE, &out, see, &seen),
            "statx without a path");
    refused(auraio_statx(engine, dir, "file", 0, STATX_SIZE, NULL, see, &seen),
            "statx without an output");
    refused(auraio_renameat(engine, dir, NULL, dir, "x", 0, see, &seen), "renameat of no path");
    refused(auraio_renameat(engine, dir, "file", dir, NULL, 0, see, &seen), "renameat to no path");
    refused(auraio_unlinkat(engine, dir, NULL, 0, see, &seen), "unlinkat without a path");
    refused(auraio_mkdirat(engine, dir, NULL, 0700, see, &seen), "mkdirat without a path");
    is(faccessat(dir, "file", F_OK, 0), 0, "the file is where it was");
    is(auraio_pending_count(engine), 0, "nothing is in flight");
    auraio_destroy(engine);
    return done();
}
