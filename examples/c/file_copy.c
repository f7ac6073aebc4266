/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Copy a file: sixteen blocks on their way at once, each read and then written
 * at its own offset, the whole made durable at the end.
 *
 *     file_copy SOURCE DESTINATION
 *
 * The callback of a read starts the write of the same buffer, the callback of
 * the write starts the next read: one buffer is never in two operations.
 */
#define _GNU_SOURCE 1

#include <auraio.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK = 256 * 1024, BLOCKS = 16 };

struct copy {
    auraio_engine_t *engine;
    const char *from, *to;
    int in, out;
    int64_t size;
    int64_t next; /* offset of the next block to copy */
    int64_t copied;
    int error;
    const char *error_path;
};

struct block {
    struct copy *copy;
    void *buf;
    int64_t offset;
    ssize_t len;
};

static void copy_next(struct block *block);

static _Noreturn void die(const char *what, int error)
{
    fprintf(stderr, "file_copy: %s: %s\n", what, strerror(error));
    exit(1);
}

/* The first error is the one to report; blocks already on their way still finish. */
static void fail(struct copy *c, const char *path, int error)
{
    if (!c->error) {
        c->error = error;
        c->error_path = path;
    }
}

static void on_write(auraio_request_t *req, ssize_t result, void *user_data)
{
    struct block *block = user_data;
    struct copy *c = block->copy;

    if (result < 0) {
        fail(c, c->to, (int)-result);
    } else if (result < block->len) {
        /* The library writes on until an error ends it: this is the reason. */
        int error = auraio_request_error(req);
        fail(c, c->to, error ? error : EIO);
    } else {
        c->copied += result;
        copy_next(block);
    }
}

static void on_read(auraio_request_t *req, ssize_t result, void *user_data)
{
    struct block *block = user_data;
    struct copy *c = block->copy;

    (void)req;
    if (result < 0) {
        fail(c, c->from, (int)-result);
        return;
    }
    if (result == 0) /* the file became shorter meanwhile */
        return;
    block->len = result;
    if (!auraio_write(c->engine, c->out, auraio_buf(block->buf), (size_t)result, block->offset,
                      on_write, block))
        fail(c, c->to, errno);
}

static void copy_next(struct block *block)
{
    struct copy *c = block->copy;

    if (c->error || c->next >= c->size)
        return;
    block->offset = c->next;
    c->next += BLOCK;
    if (!auraio_read(c->engine, c->in, auraio_buf(block->buf), BLOCK, block->offset, on_read,
                     block))
        fail(c, c->from, errno);
}

static void on_fsync(auraio_request_t *req, ssize_t result, void *user_data)
{
    struct copy *c = user_data;

    (void)req;
    if (result < 0)
        fail(c, c->to, (int)-result);
}

static void open_both(struct copy *c)
{
    struct stat from, to;

    if (stat(c->from, &from) < 0)
        die(c->from, errno);
    if (!S_ISREG(from.st_mode))
        die(c->from, S_ISDIR(from.st_mode) ? EISDIR : ESPIPE);
    c->in = open(c->from, O_RDONLY | O_CLOEXEC);
    if (c->in < 0)
        die(c->from, errno);
    c->size = from.st_size;

    /* Emptied only once it is known to be another file. */
    c->out = open(c->to, O_WRONLY | O_CREAT | O_CLOEXEC, from.st_mode & 0777);
    if (c->out < 0 || fstat(c->out, &to) < 0)
        die(c->to, errno);
    if (from.st_dev == to.st_dev && from.st_ino == to.st_ino) {
        fprintf(stderr, "file_copy: %s: the same file as %s\n", c->to, c->from);
        exit(1);
    }
    if (ftruncate(c->out, 0) < 0)
        die(c->to, errno);
}

int main(int argc, char **argv)
{
    struct copy c = {0};
    struct block blocks[BLOCKS];

    if (argc != 3) {
        fprintf(stderr, "usage: file_copy SOURCE DESTINATION\n");
        return 2;
    }
    c.from = argv[1];
    c.to = argv[2];
    open_both(&c);
    c.engine = auraio_create();
    if (!c.engine)
        die("auraio_create", errno);

    for (int i = 0; i < BLOCKS; i++) {
        blocks[i] = (struct block){.copy = &c, .buf = auraio_buffer_alloc(c.engine, BLOCK)};
        if (!blocks[i].buf)
            die("auraio_buffer_alloc", errno);
    }
    for (int i = 0; i < BLOCKS; i++)
        copy_next(&blocks[i]);
    if (auraio_drain(c.engine, -1) < 0)
        die("auraio_drain", errno);

    if (!c.error && !auraio_fsync(c.engine, c.out, AURAIO_FSYNC_DEFAULT, on_fsync, &c))
        fail(&c, c.to, errno);
    if (auraio_drain(c.engine, -1) < 0)
        die("auraio_drain", errno);
    if (close(c.out) < 0)
        fail(&c, c.to, errno);
    if (c.error)
        die(c.error_path, c.error);

    printf("%s -> %s: %" PRId64 " bytes copied and synced\n", c.from, c.to, c.copied);

    for (int i = 0; i < BLOCKS; i++)
        auraio_buffer_free(c.engine, blocks[i].buf);
    auraio_destroy(c.engine);
    close(c.in);
    return 0;
}
