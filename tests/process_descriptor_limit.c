/* SPDX-License-Identifier: Apache-2.0 */
/* With few descriptors to be had, an engine makes do with fewer rings, or threads, or is refused
 * with a clean errno. When there is one, everything completes as always. */
#include "child.h"

#include <sys/resource.h>

enum { RINGS = 16, OPERATIONS = 200, BLOCK_BYTES = 512 };

static int fd;

/* With *arg descriptors left. */
static int with_few(void *arg)
{
    int left = *(int *)arg, used = 0, accepted = 0, right = 0;
    static unsigned char bufs[OPERATIONS][BLOCK_BYTES];
    static struct seen seen[OPERATIONS];
    auraio_options_t options;
    struct rlimit files;

    while (fcntl(used, F_GETFD) >= 0)
        used++;
    EXPECT(getrlimit(RLIMIT_NOFILE, &files) == 0);
    files.rlim_cur = (rlim_t)(used + left);
    EXPECT(setrlimit(RLIMIT_NOFILE, &files) == 0);
    test_options(&options);
    if (!on_threads())
        options.backend = AURAIO_BACKEND_AUTO;
    options.ring_count = on_single() ? 1 : RINGS;
    options.ring_select = AURAIO_SELECT_ROUND_ROBIN;
    auraio_engine_t *engine = auraio_create_with_options(&options);
    if (!engine) {
        EXPECT(errno == EMFILE || errno == ENFILE);
        return fcntl(used, F_GETFD) == -1 ? 0 : CHILD_FAILED;
    }
    for (int i = 0; i < OPERATIONS; i++) {
        accepted +=
            auraio_read(engine, fd, auraio_buf(bufs[i]), BLOCK_BYTES, 0, see, &seen[i]) != NULL;
    }
    EXPECT(accepted == OPERATIONS);
    EXPECT(auraio_drain(engine, 60000) == accepted);
    for (int i = 0; i < OPERATIONS; i++)
        right += seen[i].calls == 1 && seen[i].result == BLOCK_BYTES &&
                 matches_pattern(bufs[i], BLOCK_BYTES, 0);
    EXPECT(right == OPERATIONS);
    auraio_destroy(engine);
    return fcntl(used, F_GETFD) == -1 ? 0 : CHILD_FAILED;
}

int main(void)
{
    auraio_destroy(test_engine(NULL));
    fd = scratch_file("file", BLOCK_BYTES, 0);
    for (int left = 0; left <= 16; left++)
        is(in_child(with_few, &left), 0, "%d descriptors are left", left);
    return done();
}
