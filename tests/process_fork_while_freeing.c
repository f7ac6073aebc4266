/* SPDX-License-Identifier: Apache-2.0 */
/* A child that is forked while its parent gives memory back does not free it again with the engine
 * that it inherited: files, buffers, tables, instances. */
#include "child.h"
#include "kern.h"
#include "threads.h"

enum { BYTES = 512, FREED_MAX = 256 };

static auraio_engine_t *engine;
static void *freed[FREED_MAX];
static int count, again, forks, wrong;
static bool is_child;

/*
 * Nothing is freed, so that no address comes twice. A block becomes what reads as a count of one:
 * a reference given up through a pointer that is gone frees it again.
 */
static void fork_after_free(void *block)
{
    int status = -1;

    if (!block)
        return;
    for (int i = 0; i < count; i++)
        again += freed[i] == block;
    if (count < FREED_MAX)
        freed[count++] = block;
    *(int *)block = 1;
    if (is_child)
        return;
    forks++;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        is_child = true;
        auraio_destroy(engine);
        _exit(again ? 1 : 0);
    }
    waitpid(child, &status, 0);
    wrong += status != 0;
    if (status)
        note("fork %d: %d", forks, status);
}

static void *touch(void *arg)
{
    static unsigned char byte[BYTES];
    struct seen seen = {0};

    is(outcome(engine, auraio_read(engine, *(int *)arg, auraio_buf(byte), BYTES, 0, see, &seen),
               &seen),
       BYTES, "another thread: a second instance");
    return NULL;
}

static void give_everything_back(int fd)
{
    static unsigned char buf[BYTES];
    struct seen seen = {0};
    pthread_t thread;

    auraio_request_t *req =
        auraio_read(engine, auraio_fixed_file(0), auraio_buf(buf), BYTES, 0, see, &seen);
    is(auraio_update_file(engine, 0, -1), 0, "a file taken out of the set");
    is(outcome(engine, req, &seen), BYTES, "read to the end, and given back with the operation");
    start_threads(&thread, 1, touch, &fd);
    join_threads(&thread, 1);
    is(auraio_unregister_files(engine), 0, "the files unregistered");
    is(auraio_unregister_buffers(engine), 0, "and the buffers");
}

int main(void)
{
    static unsigned char memory[BYTES];
    struct iovec iov = {memory, sizeof memory};
    void (*real_free)(void *) = aur_kern.free;
    auraio_options_t options;
    int fd = scratch_file("file", BYTES, 0), fds[] = {fd, fd, fd};

    auraio_options_init(&options);
    options.resolve_registered_files = true;
    options.publish_stats = 0;
    engine = test_engine(&options);
    is(auraio_register_files(engine, fds, 3), 0, "files registered");
    is(auraio_register_buffers(engine, &iov, 1), 0, "a buffer registered");
    aur_kern.free = fork_after_free;
    give_everything_back(fd);
    aur_kern.free = real_free;
    ok(forks >= 6, "a child at each of %d times", forks);
    is(wrong, 0, "each destroys the engine, and frees nothing twice");
    is(again, 0, "nor does the parent");
    for (int i = 0; i < count; i++)
        real_free(freed[i]);
    auraio_destroy(engine);
    close(fd);
    return done();
}
