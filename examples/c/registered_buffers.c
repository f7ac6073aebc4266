/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Read a file twice: with plain buffers and descriptor, then with both
 * registered, so that the kernel need not look them up and pin them anew for
 * every read. Same bytes, two times; the checksum is that of `sum -s FILE`.
 *
 *     registered_buffers FILE
 *
 * One region of memory is registered as buffer 0 and used in sixteen parts by
 * offset; the descriptor is registered as file 0. Where the kernel refuses (the
 * limit on locked memory) the calls work all the same, and the features tell.
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
#include <time.h>
#include <unistd.h>

enum { BLOCK = 64 * 1024, BLOCKS = 16 };

struct reader {
    auraio_engine_t *engine;
    int fd; /* the descriptor, or auraio_fixed_file() of its slot */
    bool registered;
    unsigned char *memory; /* BLOCKS parts of BLOCK bytes */
    int64_t size;
    int64_t next; /* offset of the next block to ask for */
    int64_t bytes;
    uint32_t sum;
    int error;
};

struct block {
    struct reader *reader;
    size_t at; /* its part of the memory begins here */
};

static void read_next(struct block *block);

static _Noreturn void die(const char *what, int error)
{
    fprintf(stderr, "registered_buffers: %s: %s\n", what, strerror(error));
    exit(1);
}

static double now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void on_read(auraio_request_t *req, ssize_t result, void *user_data)
{
    struct block *block = user_data;
    struct reader *r = block->reader;

    (void)req;
    if (result < 0) {
        r->error = (int)-result;
        return;
    }
    for (ssize_t i = 0; i < result; i++)
        r->sum += r->memory[block->at + (size_t)i];
    r->bytes += result;
    read_next(block);
}

static void read_next(struct block *block)
{
    struct reader *r = block->reader;
    int64_t offset = r->next;
    auraio_buf_t buf =
        r->registered ? auraio_buf_fixed(0, block->at) : auraio_buf(r->memory + block->at);

    if (r->error || offset >= r->size)
        return;
    r->next += BLOCK;
    if (!auraio_read(r->engine, r->fd, buf, BLOCK, offset, on_read, block))
        r->error = errno;
}

/* Reads the whole file once and returns the seconds it took. */
static double read_all(struct reader *r, const char *path)
{
    struct block blocks[BLOCKS];
    double start = now();

    for (size_t i = 0; i < BLOCKS; i++) {
        blocks[i] = (struct block){r, i * BLOCK};
        read_next(&blocks[i]);
    }
    if (auraio_drain(r->engine, -1) < 0)
        die("auraio_drain", errno);
    if (r->error)
        die(path, r->error);
    return now() - start;
}

static void report(const char *how, const struct reader *r, double seconds)
{
    uint32_t sum = (r->sum & 0xffff) + (r->sum >> 16);

    printf("%-11s %" PRId64 " bytes, checksum %" PRIu32 ", %.4f s\n", how, r->bytes,
           (sum & 0xffff) + (sum >> 16), seconds);
}

static void register_all(const struct reader *r)
{
    struct iovec region = {r->memory, (size_t)BLOCK * BLOCKS};
    auraio_features_t features;

    if (auraio_register_buffers(r->engine, &region, 1) < 0)
        die("auraio_register_buffers", errno);
    if (auraio_register_files(r->engine, &r->fd, 1) < 0)
        die("auraio_register_files", errno);
    if (auraio_get_features(r->engine, &features) < 0)
        die("auraio_get_features", errno);
    printf("registered with the kernel: buffers %s, files %s\n",
           features.used >> AURAIO_FEATURE_FIXED_BUFFERS & 1 ? "yes" : "no",
           features.used >> AURAIO_FEATURE_FIXED_FILES & 1 ? "yes" : "no");
}

int main(int argc, char **argv)
{
    struct reader r = {0};
    struct stat st;

    if (argc != 2) {
        fprintf(stderr, "usage: registered_buffers FILE\n");
        return 2;
    }
    if (stat(argv[1], &st) < 0)
        die(argv[1], errno);
    if (!S_ISREG(st.st_mode))
        die(argv[1], S_ISDIR(st.st_mode) ? EISDIR : ESPIPE);
    r.fd = open(argv[1], O_RDONLY | O_CLOEXEC);
    if (r.fd < 0)
        die(argv[1], errno);
    r.size = st.st_size;
    r.engine = auraio_create();
    if (!r.engine)
        die("auraio_create", errno);
    r.memory = auraio_buffer_alloc(r.engine, (size_t)BLOCK * BLOCKS);
    if (!r.memory)
        die("auraio_buffer_alloc", errno);

    struct reader warm_up = r, plain = r, fixed = r;
    read_all(&warm_up, argv[1]); /* so that both find the file in memory */
    report("plain", &plain, read_all(&plain, argv[1]));

    register_all(&r);
    fixed.registered = true;
    fixed.fd = auraio_fixed_file(0);
    report("registered", &fixed, read_all(&fixed, argv[1]));
    if (plain.sum != fixed.sum || plain.bytes != fixed.bytes) {
        fprintf(stderr, "registered_buffers: %s: changed while it was read\n", argv[1]);
        return 1;
    }

    if (auraio_unregister_files(r.engine) < 0 || auraio_unregister_buffers(r.engine) < 0)
        die("unregister", errno);
    auraio_buffer_free(r.engine, r.memory);
    auraio_destroy(r.engine);
    close(r.fd);
    return 0;
}
