/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An engine made to order, and what it then reports about itself.
 *
 *     custom_config FILE [QUEUE_DEPTH]
 *
 * Two small rings used in turn, the classic control law, a ceiling for the P99,
 * and EAGAIN instead of a queue in the library when too much is asked for: the
 * program then reaps a completion and tries again. Most programs need none of
 * this; auraio_create() alone gives defaults that tune themselves.
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

enum { BLOCK = 16 * 1024, RINGS = 2, DEFAULT_DEPTH = 8 };

struct reader {
    auraio_engine_t *engine;
    int64_t bytes;
    int64_t refused; /* submissions answered with EAGAIN */
    int error;
};

struct block {
    struct reader *reader;
    char *buf;
};

static _Noreturn void die(const char *what, int error)
{
    fprintf(stderr, "custom_config: %s: %s\n", what, strerror(error));
    exit(1);
}

static auraio_engine_t *create_engine(int queue_depth)
{
    auraio_options_t options;

    auraio_options_init(&options); /* the defaults, and the structure's size */
    options.queue_depth = queue_depth;
    options.ring_count = RINGS;
    options.ring_select = AURAIO_SELECT_ROUND_ROBIN;
    options.control = AURAIO_CONTROL_AIMD;
    options.max_p99_latency_ms = 50;
    options.overflow = AURAIO_OVERFLOW_EAGAIN;
    options.buffer_alignment = 4096;
    snprintf(options.name, sizeof options.name, "custom_config");
    return auraio_create_with_options(&options);
}

static void on_read(auraio_request_t *req, ssize_t result, void *user_data)
{
    struct block *block = user_data;
    struct reader *r = block->reader;

    (void)req;
    if (result < 0)
        r->error = (int)-result;
    else
        r->bytes += result;
    auraio_buffer_free(r->engine, block->buf);
    free(block);
}

/* Asks again as often as the engine says that it is full. */
static void read_block(struct reader *r, const char *path, int fd, int64_t offset)
{
    struct block *block = malloc(sizeof *block);
    char *buf = auraio_buffer_alloc(r->engine, BLOCK);

    if (!block || !buf)
        die("memory", ENOMEM);
    *block = (struct block){r, buf};
    while (!auraio_read(r->engine, fd, auraio_buf(buf), BLOCK, offset, on_read, block)) {
        if (errno != EAGAIN)
            die(path, errno);
        r->refused++;
        if (auraio_wait(r->engine, -1) < 0)
            die("auraio_wait", errno);
    }
}

static void report(auraio_engine_t *engine)
{
    auraio_features_t features;
    int rings = auraio_get_ring_count(engine);

    if (auraio_get_features(engine, &features) < 0)
        die("auraio_get_features", errno);
    printf("backend %s on Linux %s, liburing %s\n", auraio_backend_name(features.backend),
           features.kernel_release, features.liburing_running);
    for (int i = 0; i < rings; i++) {
        auraio_ring_stats_t ring;

        if (auraio_get_ring_stats(engine, i, &ring) < 0)
            die("auraio_get_ring_stats", errno);
        printf("ring %d: depth %d, %" PRId64 " operations, %d in flight at most, phase %s\n", i,
               ring.queue_depth, ring.ops_completed, ring.peak_in_flight,
               auraio_phase_name((int)ring.phase));
    }
}

int main(int argc, char **argv)
{
    struct reader r = {0};
    struct stat st;
    char *end = "";
    long depth = argc == 3 ? strtol(argv[2], &end, 10) : DEFAULT_DEPTH;

    if (argc < 2 || argc > 3 || *end || depth < INT_MIN || depth > INT_MAX) {
        fprintf(stderr, "usage: custom_config FILE [QUEUE_DEPTH]\n");
        return 2;
    }
    if (stat(argv[1], &st) < 0)
        die(argv[1], errno);
    if (!S_ISREG(st.st_mode))
        die(argv[1], S_ISDIR(st.st_mode) ? EISDIR : ESPIPE);
    int fd = open(argv[1], O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        die(argv[1], errno);
    r.engine = create_engine((int)depth);
    if (!r.engine)
        die("auraio_create_with_options", errno); /* EINVAL: no such depth */

    for (int64_t offset = 0; offset < st.st_size && !r.error; offset += BLOCK)
        read_block(&r, argv[1], fd, offset);
    /* Options that may change their mind have a setter: no more ceiling from here on. */
    if (auraio_set_max_p99_latency(r.engine, 0) < 0)
        die("auraio_set_max_p99_latency", errno);
    if (auraio_drain(r.engine, -1) < 0)
        die("auraio_drain", errno);
    if (r.error)
        die(argv[1], r.error);

    printf("%s: %" PRId64 " bytes, %" PRId64 " times told to come back later\n", argv[1], r.bytes,
           r.refused);
    report(r.engine);
    auraio_destroy(r.engine);
    close(fd);
    return 0;
}
