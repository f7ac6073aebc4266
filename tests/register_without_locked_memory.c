/* SPDX-License-Identifier: Apache-2.0 */
/* Where the kernel locks no memory for an ordinary user, registration succeeds all the same and
 * works unregistered; features and log tell. */
#include "child.h"

#include <sys/mman.h>
#include <sys/resource.h>

enum { BUFFER_BYTES = 1 << 20, BLOCK_BYTES = 65536 };

static int fd;
static _Atomic int lines;

static void count_line(int level, const char *msg, void *user_data)
{
    (void)user_data;
    if (level <= AURAIO_LOG_NOTICE && msg[0])
        atomic_fetch_add(&lines, 1);
}

static int ordinary_user(void *arg)
{
    struct rlimit small = {65536, 65536};
    unsigned char *memory =
        mmap(NULL, BUFFER_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    const struct iovec iov = {memory, BUFFER_BYTES};
    struct seen seen = {0};
    auraio_features_t features;

    (void)arg;
    EXPECT(memory != MAP_FAILED);
    EXPECT(setrlimit(RLIMIT_MEMLOCK, &small) == 0);
    EXPECT(become_ordinary_user());
    auraio_set_log_handler(count_line, NULL);
    auraio_engine_t *engine = auraio_create();
    EXPECT(engine);
    EXPECT(outcome(engine, auraio_nop(engine, see, &seen), &seen) == 0);
    EXPECT(auraio_register_buffers(engine, &iov, 1) == 0);
    for (int i = 0; i < 8; i++) {
        size_t offset = (size_t)i * BLOCK_BYTES;
        ssize_t n = outcome(engine,
                            auraio_read(engine, fd, auraio_buf_fixed(0, offset), BLOCK_BYTES,
                                        (int64_t)offset, see, &seen),
                            &seen);
        EXPECT(n == BLOCK_BYTES);
    }
    EXPECT(matches_pattern(memory, 8 * BLOCK_BYTES, 0));
    EXPECT(outcome(engine,
                   auraio_write(engine, fd, auraio_buf_fixed(0, 0), BLOCK_BYTES, 0, see, &seen),
                   &seen) == BLOCK_BYTES);
    EXPECT(auraio_get_features(engine, &features) == 0);
    EXPECT(!(features.used >> AURAIO_FEATURE_FIXED_BUFFERS & 1));
    EXPECT(atomic_load(&lines) > 0);
    EXPECT(!auraio_read(engine, fd, auraio_buf_fixed(0, BUFFER_BYTES), 1, 0, see, &seen) &&
           errno == EOVERFLOW);
    EXPECT(auraio_unregister_buffers(engine) == 0);
    auraio_destroy(engine);
    return 0;
}

int main(void)
{
    if (geteuid() != 0)
        skip_all("only root can become another user");
    fd = scratch_file("file", 8 * BLOCK_BYTES, 0);
    is(in_child(ordinary_user, NULL), 0,
       "1 MiB is registered by a user who may lock 64 KiB, and used");
    return done();
}
