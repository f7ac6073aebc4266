/* SPDX-License-Identifier: Apache-2.0 */
/* Without a log handler the library prints nothing, whatever goes wrong. */
#include "outcome.h"

static void go_wrong(int fd)
{
    unsigned char buf[16];
    struct seen seen = {0};
    auraio_engine_t *engine = test_engine(NULL);
    int on_stack = 0;
    void *buffer = auraio_buffer_alloc(engine, 4096);

    auraio_buffer_free(engine, &on_stack);
    auraio_buffer_free(engine, buffer);
    auraio_buffer_free(engine, buffer);
    outcome(engine, auraio_read(engine, 99999, auraio_buf(buf), 16, 0, see, &seen), &seen);
    outcome(engine, auraio_read(engine, fd, auraio_buf(NULL), 16, 0, see, &seen), &seen);
    auraio_wait(engine, -7);
    auraio_destroy_timeout(engine, -1);
    auraio_destroy(engine);
}

int main(void)
{
    int fd = scratch_file("file", 16, 0), printed = scratch_file("printed", 0, 0);
    int out = dup(1), err = dup(2);

    auraio_set_log_handler(NULL, NULL);
    fflush(NULL);
    dup2(printed, 1);
    dup2(printed, 2);
    go_wrong(fd);
    fflush(NULL);
    dup2(out, 1);
    dup2(err, 2);
    is(lseek(printed, 0, SEEK_END), 0, "nothing was printed");
    close(out);
    close(err);
    return done();
}
