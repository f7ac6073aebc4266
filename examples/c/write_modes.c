/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The same data written through the page cache and past it with O_DIRECT.
 *
 *     write_modes DIRECTORY MIB
 *
 * Makes buffered.dat and direct.dat in DIRECTORY (neither may exist) and tells
 * when the last write had completed and when fdatasync said it is on the disk. A
 * buffered write completes when the data is in memory, a direct one when the
 * device took it: compare the last column. O_DIRECT wants buffers, offsets and
 * lengths aligned; auraio_file_alignment() says how, pool buffers always are.
 */
#define _GNU_SOURCE 1

#include <auraio.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MIB = 1024 * 1024, BLOCK = MIB, BLOCKS = 16 };

struct writer {
    auraio_engine_t *engine;
    int fd;
    int64_t size;
    int64_t next; /* offset of the next block to write */
    int64_t written;
    int error;
};

struct block {
    struct writer *writer;
    uint64_t *words;
};

static void write_next(struct block *block);

static _Noreturn void die(const char *what, int error)
{
    fprintf(stderr, "write_modes: %s: %s\n", what, strerror(error));
    exit(1);
}

static double now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void on_write(auraio_request_t *req, ssize_t result, void *user_data)
{
    struct block *block = user_data;
    struct writer *w = block->writer;

    if (result < 0) {
        w->error = (int)-result;
    } else if (result < BLOCK) {
        int error = auraio_request_error(req);
        w->error = error ? error : EIO;
    } else {
        w->written += result;
        write_next(block);
    }
}

/* Every word of the file is told by its offset, so both files come out the same. */
static void write_next(struct block *block)
{
    struct writer *w = block->writer;
    int64_t offset = w->next;

    if (w->error || offset >= w->size)
        return;
    w->next += BLOCK;
    for (size_t i = 0; i < BLOCK / sizeof(uint64_t); i++)
        block->words[i] = ((uint64_t)offset / sizeof(uint64_t) + i) * 0x9e3779b97f4a7c15u;
    if (!auraio_write(w->engine, w->fd, auraio_buf(block->words), BLOCK, offset, on_write, block))
        w->error = errno;
}

static void on_fdatasync(auraio_request_t *req, ssize_t result, void *user_data)
{
    struct writer *w = user_data;

    (void)req;
    if (result < 0)
        w->error = (int)-result;
}

static void drain(struct writer *w, const char *path)
{
    if (auraio_drain(w->engine, -1) < 0)
        die("auraio_drain", errno);
    if (w->error)
        die(path, w->error);
}

/* Fills the open file and prints its row. */
static void fill(struct writer *w, const char *path, const char *mode)
{
    struct block blocks[BLOCKS];

    for (int i = 0; i < BLOCKS; i++) {
        blocks[i] = (struct block){w, auraio_buffer_alloc(w->engine, BLOCK)};
        if (!blocks[i].words)
            die("auraio_buffer_alloc", errno);
    }
    double start = now();
    for (int i = 0; i < BLOCKS; i++)
        write_next(&blocks[i]);
    drain(w, path);
    double completed = now() - start;

    if (!auraio_fsync(w->engine, w->fd, AURAIO_FSYNC_DATASYNC, on_fdatasync, w))
        die(path, errno);
    drain(w, path);
    double durable = now() - start;

    printf("%-9s %12" PRId64 " %9.3f s %9.3f s %8.1f MB/s\n", mode, w->written, completed, durable,
           (double)w->written / durable / 1e6);
    for (int i = 0; i < BLOCKS; i++)
        auraio_buffer_free(w->engine, blocks[i].words);
}

static void check_alignment(int fd, const char *path)
{
    size_t mem, offset;

    if (auraio_file_alignment(fd, &mem, &offset) < 0)
        die(path, errno);
    printf("O_DIRECT here wants memory aligned to %zu bytes, offsets and lengths to %zu\n", mem,
           offset);
    if (mem > 4096 || BLOCK % offset != 0)
        die(path, EINVAL);
}

static void run_mode(auraio_engine_t *engine, const char *dir, const char *mode, int flags,
                     int64_t size)
{
    char path[4096];
    struct writer w = {.engine = engine, .size = size};

    if (snprintf(path, sizeof path, "%s/%s.dat", dir, mode) >= (int)sizeof path)
        die(dir, ENAMETOOLONG);
    w.fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | flags, 0666);
    if (w.fd < 0 && errno == EINVAL && flags) {
        unlink(path); /* open(2) makes the file before the file system refuses */
        printf("%-9s not supported by this file system\n", mode);
        return;
    }
    if (w.fd < 0)
        die(path, errno);
    if (flags & O_DIRECT)
        check_alignment(w.fd, path);
    fill(&w, path, mode);
    if (close(w.fd) < 0)
        die(path, errno);
}

int main(int argc, char **argv)
{
    char *end = NULL;
    long mib = argc == 3 ? strtol(argv[2], &end, 10) : 0;

    if (argc != 3 || *end || mib < 1 || mib > 1024 * 1024) {
        fprintf(stderr, "usage: write_modes DIRECTORY MIB\n");
        return 2;
    }
    auraio_engine_t *engine = auraio_create();
    if (!engine)
        die("auraio_create", errno);

    printf("%-9s %12s %11s %11s\n", "mode", "bytes", "completed", "on the disk");
    run_mode(engine, argv[1], "buffered", 0, (int64_t)mib * MIB);
    run_mode(engine, argv[1], "direct", O_DIRECT, (int64_t)mib * MIB);

    auraio_destroy(engine);
    return 0;
}
