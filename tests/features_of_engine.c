/* SPDX-License-Identifier: Apache-2.0 */
/* An engine tells which backend it is on, what the kernel has and what of it is used. */
#include "outcome.h"

#include <sys/utsname.h>

static bool has(uint64_t set, int bit)
{
    return set >> bit & 1;
}

static void tell(const auraio_features_t *f)
{
    for (int bit = 0; bit < 64; bit++)
        if (has(f->available, bit))
            note("%s %s", has(f->used, bit) ? "used" : "there", auraio_feature_name(bit));
}

static void on_uring(const auraio_features_t *f)
{
    is(f->uring_errno, 0, "nothing is against io_uring");
    ok(!f->reason[0], "so there is no reason to give");
    is((int64_t)(f->used & ~f->available), 0, "what is used is there");
    for (int type = AURAIO_OP_READ; type <= AURAIO_OP_WRITEV; type++)
        ok(has(f->used, AURAIO_FEATURE_OP_FIRST + type), "%s is used",
           auraio_feature_name(AURAIO_FEATURE_OP_FIRST + type));
    ok(has(f->used, AURAIO_FEATURE_FIXED_FILES) == has(f->available, AURAIO_FEATURE_FIXED_FILES),
       "registered files are used where there are any");
    is(has(f->used, AURAIO_FEATURE_SINGLE_ISSUER),
       on_single() && has(f->available, AURAIO_FEATURE_SINGLE_ISSUER),
       "single issuer, for a single thread alone");
    ok(!has(f->used, AURAIO_FEATURE_SQPOLL), "no kernel thread that nobody asked for");
    ok(has(f->used, AURAIO_FEATURE_COOP_TASKRUN) <= has(f->used, AURAIO_FEATURE_TASKRUN_FLAG),
       "never COOP_TASKRUN without TASKRUN_FLAG");
}

int main(void)
{
    int fd = scratch_file("file", 16, 0);
    struct seen seen = {0};
    unsigned char buf[16];
    const struct iovec iov = {buf, sizeof buf};
    auraio_features_t f;
    struct utsname kernel;

    auraio_engine_t *engine = test_engine(NULL);
    is(auraio_register_files(engine, &fd, 1), 0, "a file is registered");
    is(auraio_register_buffers(engine, &iov, 1), 0, "a buffer is registered");
    is(outcome(engine, auraio_read(engine, fd, auraio_buf(buf), 16, 0, see, &seen), &seen), 16,
       "an engine at work");
    memset(&f, 0xa5, sizeof f);
    is(auraio_get_features(engine, &f), 0, "its features");
    tell(&f);
    is(f.backend, on_threads() ? AURAIO_BACKEND_THREADS : AURAIO_BACKEND_URING, "the backend");
    ok(uname(&kernel) == 0 && strcmp(f.kernel_release, kernel.release) == 0, "the kernel: %s",
       f.kernel_release);
    ok(memchr(f.liburing_built, 0, sizeof f.liburing_built) && f.liburing_built[0] > '1' &&
           f.liburing_built[0] <= '9',
       "liburing it was built with: %s", f.liburing_built);
    ok(memchr(f.liburing_running, 0, sizeof f.liburing_running) && f.liburing_running[0],
       "liburing it runs with: %s", f.liburing_running);
    ok(all_bytes_are((unsigned char *)f.reserved, sizeof f.reserved, 0), "the rest is zero");
    if (on_threads())
        is((int64_t)f.used, 0, "nothing of io_uring is used");
    else
        on_uring(&f);
    auraio_destroy(engine);
    return done();
}
