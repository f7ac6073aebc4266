/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The smallest whole program: read the beginning of a file, say what came.
 *
 *     cc quickstart.c $(pkg-config --cflags --libs libauraio) -o quickstart
 *     ./quickstart FILE
 *
 * The read is handed over and the call returns at once; auraio_wait() runs the
 * callback when the data is there. Until then the buffer belongs to the library.
 */
#define _GNU_SOURCE 1

#include <auraio.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LEN = 64 * 1024 };

struct answer {
    bool done;
    ssize_t result;
};

static _Noreturn void die(const char *what, int error)
{
    fprintf(stderr, "quickstart: %s: %s\n", what, strerror(error));
    exit(1);
}

static void on_read(auraio_request_t *req, ssize_t result, void *user_data)
{
    struct answer *answer = user_data;

    (void)req;
    answer->result = result;
    answer->done = true;
}

int main(int argc, char **argv)
{
    struct answer answer = {false, 0};

    if (argc != 2) {
        fprintf(stderr, "usage: quickstart FILE\n");
        return 2;
    }
    int fd = open(argv[1], O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        die(argv[1], errno);

    auraio_engine_t *engine = auraio_create();
    if (!engine)
        die("auraio_create", errno);
    char *buf = auraio_buffer_alloc(engine, LEN);
    if (!buf)
        die("auraio_buffer_alloc", errno);

    if (!auraio_read(engine, fd, auraio_buf(buf), LEN, 0, on_read, &answer))
        die(argv[1], errno);
    while (!answer.done)
        if (auraio_wait(engine, -1) < 0)
            die("auraio_wait", errno);
    if (answer.result < 0)
        die(argv[1], (int)-answer.result);

    size_t lines = 0;
    for (ssize_t i = 0; i < answer.result; i++)
        lines += buf[i] == '\n';
    printf("%s: read %zd bytes, %zu lines\n", argv[1], answer.result, lines);

    auraio_buffer_free(engine, buf);
    auraio_destroy(engine);
    close(fd);
    return 0;
}
