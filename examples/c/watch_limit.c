/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the controller makes of a file or a block device.
 *
 *     watch_limit FILE [SECONDS [CEILING_MS]]
 *
 * 192 random reads of 4 KiB are always offered, and the device may have up to 128
 * of them at once. As the program wants more than that, the controller begins at
 * once to look for how many do any good. Four times a second a line shows where it
 * stands. With a ceiling it also keeps the P99 of the device below so many
 * milliseconds. Take a large file, or the device itself.
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

enum { BLOCK = 4096, OFFERED = 192, TOP = 128, EVERY_MS = 250, DEFAULT_SECONDS = 5 };

struct reader {
    auraio_engine_t *engine;
    const char *path;
    int fd;
    int64_t blocks;  /* that the file has */
    uint64_t random; /* never 0 */
    bool ends;
    int error; /* the first one; no more reads after it */
};

struct lane { /* one read after the other */
    struct reader *reader;
    char *block;
};

static _Noreturn void die(const char *what, int error)
{
    fprintf(stderr, "watch_limit: %s: %s\n", what, strerror(error));
    exit(1);
}

static void on_read(auraio_request_t *req, ssize_t result, void *user_data);

static void read_next(struct lane *lane)
{
    struct reader *r = lane->reader;

    r->random ^= r->random << 13;
    r->random ^= r->random >> 7;
    r->random ^= r->random << 17;
    int64_t block = (int64_t)(r->random % (uint64_t)r->blocks);
    if (!auraio_read(r->engine, r->fd, auraio_buf(lane->block), BLOCK, block * BLOCK, on_read,
                     lane))
        r->error = errno;
}

static void on_read(auraio_request_t *req, ssize_t result, void *user_data)
{
    struct lane *lane = user_data;
    struct reader *r = lane->reader;

    if (result != BLOCK && !r->error) {
        int error = auraio_request_error(req);
        r->error = error ? error : EIO; /* the file has become shorter */
    }
    if (!r->ends && !r->error)
        read_next(lane);
}

/* Past the page cache if it can be: from memory there is nothing to learn about a device. */
static void open_file(struct reader *r)
{
    struct stat st;

    r->fd = open(r->path, O_RDONLY | O_CLOEXEC);
    if (r->fd < 0 || fstat(r->fd, &st) < 0)
        die(r->path, errno);
    if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
        die(r->path, S_ISDIR(st.st_mode) ? EISDIR : ESPIPE);
    off_t bytes = lseek(r->fd, 0, SEEK_END); /* of a device, too */
    if (bytes < 0)
        die(r->path, errno);
    r->blocks = bytes / BLOCK;
    if (!r->blocks)
        die(r->path, ENODATA);
    if (fcntl(r->fd, F_SETFL, O_DIRECT) < 0)
        printf("no O_DIRECT here: what follows is about memory\n");
}

static double now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* There is one file, so there is one target. */
static auraio_target_stats_t target_of(auraio_engine_t *engine)
{
    auraio_target_stats_t target;

    if (auraio_get_target_stats(engine, 0, &target) < 0)
        die("auraio_get_target_stats", errno);
    return target;
}

static void print_line(auraio_engine_t *engine, double seconds)
{
    auraio_target_stats_t t = target_of(engine);

    printf("%7.2f  %-11s %5d %5d %9d %9d %9.0f %9.3f\n", seconds, auraio_phase_name((int)t.phase),
           t.limit, t.knee, t.in_flight, t.queued, t.iops, t.p99_latency_ms);
}

static void watch(struct reader *r, double seconds)
{
    double begin = now_s(), now = begin, line = begin + EVERY_MS / 1e3;

    printf("seconds  phase       limit  knee in flight held back   reads/s    P99 ms\n");
    while (now < begin + seconds && !r->error) {
        if (auraio_wait(r->engine, EVERY_MS) < 0)
            die("auraio_wait", errno);
        now = now_s();
        if (now >= line) {
            print_line(r->engine, now - begin);
            line = now + EVERY_MS / 1e3;
        }
    }
}

static void sum_up(auraio_engine_t *engine)
{
    auraio_target_stats_t t = target_of(engine);

    printf("device %u:%u: %" PRIu64 " searches, limit changed %" PRIu64 " times\n", t.dev_major,
           t.dev_minor, t.searches, t.limit_changes);
    if (t.knee)
        printf("knee %d, limit %d\n", t.knee, t.limit);
    else
        printf("no knee is known: the device was not pressed, or not for long enough\n");
}

static double number(const char *text, double least)
{
    char *end;
    double value = strtod(text, &end);

    return end == text || *end || !(value >= least && value <= 1e6) ? -1 : value;
}

int main(int argc, char **argv)
{
    static struct lane lanes[OFFERED];
    struct reader r = {.path = argv[1], .random = 88172645463325252u};
    double seconds = argc > 2 ? number(argv[2], 0.01) : DEFAULT_SECONDS;
    double ceiling_ms = argc > 3 ? number(argv[3], 0) : 0;
    auraio_options_t options;

    if (argc < 2 || argc > 4 || seconds < 0 || ceiling_ms < 0) {
        fprintf(stderr, "usage: watch_limit FILE [SECONDS [CEILING_MS]]\n");
        return 2;
    }
    open_file(&r);
    auraio_options_init(&options);
    options.max_p99_latency_ms = ceiling_ms;
    r.engine = auraio_create_with_options(&options);
    if (!r.engine)
        die("auraio_create_with_options", errno);
    if (auraio_set_max_in_flight(r.engine, TOP) < 0)
        die("auraio_set_max_in_flight", errno);

    for (int i = 0; i < OFFERED && !r.error; i++) {
        lanes[i] = (struct lane){&r, auraio_buffer_alloc(r.engine, BLOCK)};
        if (!lanes[i].block)
            die("auraio_buffer_alloc", errno);
        read_next(&lanes[i]);
    }
    watch(&r, seconds);
    r.ends = true;
    if (auraio_drain(r.engine, -1) < 0)
        die("auraio_drain", errno);
    if (r.error)
        die(r.path, r.error);
    sum_up(r.engine);
    for (int i = 0; i < OFFERED; i++)
        auraio_buffer_free(r.engine, lanes[i].block);
    auraio_destroy(r.engine);
    close(r.fd);
    return 0;
}
