/* SPDX-License-Identifier: Apache-2.0 */
/* Somebody closes all descriptors under a live engine and files get their numbers: when the engine
 * has noticed, it neither writes to one of them nor closes one. */
#include "child.h"

#include <sys/stat.h>
#include <sys/syscall.h>

enum { FILES = 40, BLOCK_BYTES = 4096 };

struct scene {
    const char *what;
    bool registers, wakes;
};

static bool is_untouched(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && st.st_size == 0 && lseek(fd, 0, SEEK_CUR) == 0;
}

static int close_under_it(void *arg)
{
    static unsigned char buf[BLOCK_BYTES];
    const struct scene *scene = arg;
    struct seen seen = {0}, late = {0};
    int fds[FILES], file = scratch_file("file", BLOCK_BYTES, 0), touched = 0;
    char name[32];

    auraio_engine_t *engine = test_engine(NULL);
    EXPECT(!scene->registers || auraio_register_files(engine, &file, 1) == 0);
    EXPECT(outcome(engine, auraio_read(engine, file, auraio_buf(buf), BLOCK_BYTES, 0, see, &seen),
                   &seen) == BLOCK_BYTES);
    for (int fd = 3; fd < 1024; fd++)
        syscall(SYS_close, fd); /* TSan would call close(3) under a worker's feet a race */
    for (int i = 0; i < FILES; i++) {
        snprintf(name, sizeof name, "victim-%d", i);
        fds[i] = scratch_file(name, 0, 0);
    }
    auraio_nop(engine, see, &late);
    auraio_flush(engine);
    for (int i = 0; i < 3; i++)
        auraio_wait(engine, 20);
    EXPECT(auraio_get_fatal_error(engine) != 0);
    for (int i = 0; i < FILES; i++)
        EXPECT(ftruncate(fds[i], 0) == 0 && lseek(fds[i], 0, SEEK_SET) == 0);
    if (scene->wakes) {
        auraio_wakeup(engine);
        auraio_stop(engine);
        auraio_wait(engine, 20);
    }
    auraio_destroy_timeout(engine, 1000);
    for (int i = 0; i < FILES; i++)
        touched += !is_untouched(fds[i]);
    EXPECT(touched == 0);
    EXPECT(late.calls <= 1);
    return 0;
}

int main(void)
{
    struct scene scenes[] = {{"it is destroyed", false, false},
                             {"it is woken, then destroyed", false, true},
                             {"it has registered files", true, false}};
    struct seen seen = {0};

    scratch_dir();
    auraio_engine_t *engine = test_engine(NULL);
    is(outcome(engine, auraio_nop(engine, see, &seen), &seen), 0, "an engine at work");
    auraio_destroy(engine);
    for (size_t i = 0; i < sizeof scenes / sizeof *scenes; i++)
        is(in_child(close_under_it, &scenes[i]), 0, "%s", scenes[i].what);
    return done();
}
