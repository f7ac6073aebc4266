/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Read a whole file, sixteen blocks in flight, and print the statistics.
 *
 *     simple_read FILE
 *
 * Each block has a buffer from the engine's pool. A callback adds its block up
 * and asks for the next one, so the reads never run dry and the program itself
 * only waits. The checksum is the one `sum -s FILE` prints: it does not depend
 * on the order in which the blocks arrive.
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

enum { BLOCK = 64 * 1024, BLOCKS = 16 };

struct reader {
    auraio_engine_t *engine;
    int fd;
    int64_t size;
    int64_t next; /* offset of the next block to ask for */
    int64_t bytes;
    uint32_t sum;
    int error;
};

struct block {
    struct reader *reader;
    unsigned char *buf;
};

static void read_next(struct block *block);

static _Noreturn void die(const char *what, int error)
{
    fprintf(stderr, "simple_read: %s: %s\n", what, strerror(error));
    exit(1);
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
        r->sum += block->buf[i];
    r->bytes += result;
    read_next(block);
}

static void read_next(struct block *block)
{
    struct reader *r = block->reader;
    int64_t offset = r->next;

    if (r->error || offset >= r->size)
        return;
    r->next += BLOCK;
    if (!auraio_read(r->engine, r->fd, auraio_buf(block->buf), BLOCK, offset, on_read, block))
        r->error = errno;
}

/* The number `sum -s` makes of all bytes added up. */
static uint32_t fold(uint32_t sum)
{
    uint32_t folded = (sum & 0xffff) + (sum >> 16);

    return (folded & 0xffff) + (folded >> 16);
}

/* Latencies are counted per ring, in windows; a short run may not have closed one. */
static void print_latency(auraio_engine_t *engine)
{
    static auraio_histogram_t hist;
    int rings = auraio_get_ring_count(engine);
    bool told = false;

    for (int i = 0; i < rings; i++) {
        if (auraio_get_histogram(engine, i, &hist) < 0 || hist.total_count == 0)
            continue;
        printf("ring %d        P50 %.3f ms, P99 %.3f ms in the last window of %" PRIu64 " reads\n",
               i, auraio_histogram_percentile(&hist, 50), auraio_histogram_percentile(&hist, 99),
               hist.total_count);
        told = true;
    }
    if (!told)
        printf("latency       unknown, the run was too short\n");
}

static void print_stats(auraio_engine_t *engine)
{
    auraio_stats_t stats;

    if (auraio_get_stats(engine, &stats) < 0)
        die("auraio_get_stats", errno);
    printf("operations    %" PRId64 " completed, %" PRId64 " failed\n", stats.ops_completed,
           stats.ops_failed);
    printf("transferred   %" PRId64 " bytes\n", stats.bytes_transferred);
    printf("in flight     %d at most\n", stats.peak_in_flight);
    printf("system calls  %" PRIu64 " to submit, %" PRIu64 " to sleep\n", stats.submit_calls,
           stats.wait_calls);
}

int main(int argc, char **argv)
{
    struct reader r = {0};
    struct block blocks[BLOCKS];
    struct stat st;

    if (argc != 2) {
        fprintf(stderr, "usage: simple_read FILE\n");
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

    for (int i = 0; i < BLOCKS; i++) {
        blocks[i].reader = &r;
        blocks[i].buf = auraio_buffer_alloc(r.engine, BLOCK);
        if (!blocks[i].buf)
            die("auraio_buffer_alloc", errno);
    }
    for (int i = 0; i < BLOCKS; i++)
        read_next(&blocks[i]);
    if (auraio_drain(r.engine, -1) < 0)
        die("auraio_drain", errno);
    if (r.error)
        die(argv[1], r.error);

    printf("%s: %" PRId64 " bytes, checksum %" PRIu32 "\n", argv[1], r.bytes, fold(r.sum));
    print_stats(r.engine);
    print_latency(r.engine);

    for (int i = 0; i < BLOCKS; i++)
        auraio_buffer_free(r.engine, blocks[i].buf);
    auraio_destroy(r.engine);
    close(r.fd);
    return 0;
}
