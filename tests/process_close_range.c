/* SPDX-License-Identifier: Apache-2.0 */
/* Somebody closes all descriptors under a live engine, and their numbers are used again: calls
 * come back, destroy too, and the files that have the numbers now are left alone. */
#include "child.h"
#include "slow.h"

#include <sys/syscall.h>

enum { FILES = 40, GENEROUS_MS = 30000, DESTROY_MS = 8000 };

struct scene {
    bool in_flight, reused;
};

static bool close_all(void)
{
#ifdef SYS_close_range
    if (syscall(SYS_close_range, 3u, ~0u, 0u) == 0)
        return true;
#endif
    for (int fd = 3; fd < 1024; fd++)
        close(fd);
    return true;
}

/* Numbers of the engine's descriptors, now of ordinary files; how many were had. */
static int open_files(int *fds)
{
    int n = 0;

    for (int i = 0; i < FILES; i++)
        n += (fds[i] = open("/dev/zero", O_RDONLY)) >= 0;
    return n;
}

static int still_open(const int *fds)
{
    int n = 0;
    char byte = 1;

    for (int i = 0; i < FILES; i++)
        n += read(fds[i], &byte, 1) == 1 && byte == 0;
    return n;
}

static int close_under_it(void *arg)
{
    const struct scene *scene = arg;
    struct slow slow = {.out = -1};
    struct seen seen = {0};
    int fds[FILES];

    auraio_engine_t *engine = test_engine(NULL);
    EXPECT(outcome(engine, auraio_nop(engine, see, &seen), &seen) == 0);
    if (scene->in_flight)
        slow_start(engine, &slow);
    EXPECT(close_all());
    if (scene->reused)
        EXPECT(open_files(fds) == FILES);

    double began_ms = now_ms();
    struct seen late[3] = {0};
    for (int i = 0; i < 3; i++) {
        auraio_request_t *req = auraio_nop(engine, see, &late[i]);
        auraio_flush(engine);
        auraio_poll(engine);
        auraio_wait(engine, 20);
        EXPECT(req || late[i].calls == 0);
        EXPECT(late[i].calls <= 1);
    }
    EXPECT(now_ms() - began_ms < GENEROUS_MS);
    began_ms = now_ms();
    auraio_destroy(engine);
    EXPECT(now_ms() - began_ms < DESTROY_MS);
    for (int i = 0; i < 3; i++)
        EXPECT(late[i].calls <= 1);
    if (scene->reused)
        EXPECT(still_open(fds) == FILES);
    return 0;
}

int main(void)
{
    struct scene scene;

    auraio_destroy(test_engine(NULL));
    for (int i = 0; i < 4; i++) {
        scene = (struct scene){i & 1, i & 2};
        is(in_child(close_under_it, &scene), 0, "%s, numbers %s",
           scene.in_flight ? "with an operation in flight" : "idle",
           scene.reused ? "used again" : "left free");
    }
    return done();
}
