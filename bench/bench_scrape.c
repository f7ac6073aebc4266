/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_scrape [--quick]: how long auraio-prom takes to read the segments of a host and to write
 * their metrics. As root 1000 live segments of 20 users, else those that one user may have.
 */
#include "families.h"
#include "figures.h"
#include "segment.h"

#include <auraio.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { USERS = 20, EACH = 50, FIRST_USER = 60000, RINGS = 8 };

static char top[64];
static int users = 1, files[USERS * EACH];

static void path_of(char *path, size_t size, int user, int file)
{
    int n = snprintf(path, size, "%s/%d", top, users > 1 ? FIRST_USER + user : (int)geteuid());

    if (file >= 0)
        snprintf(path + n, size - (size_t)n, "/v1.%d.%d.stats", 1000 + user * EACH + file, file);
}

/* What an engine writes that has made all its rings. */
static void *sample(size_t *size)
{
    auraio_options_t options;

    auraio_options_init(&options);
    options.publish_stats = 0;
    options.ring_count = RINGS;
    options.ring_select = AURAIO_SELECT_ROUND_ROBIN;
    snprintf(options.name, sizeof options.name, "bench");
    auraio_engine_t *engine = auraio_create_with_options(&options);
    if (!engine)
        give_up("auraio_create_with_options", errno);
    for (int i = 0; i < 100 * RINGS; i++)
        if (!auraio_nop(engine, NULL, NULL) || auraio_drain(engine, -1) < 0)
            give_up("auraio_nop", errno);
    const void *segment = auraio_stats_segment(engine, size);
    void *copy = segment ? malloc(*size) : NULL;
    if (!copy)
        give_up("the segment", errno);
    memcpy(copy, segment, *size);
    auraio_destroy(engine);
    return copy;
}

static void make_file(const char *path, const void *bytes, size_t size, int user, int *fd)
{
    *fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (*fd < 0 || write(*fd, bytes, size) != (ssize_t)size || flock(*fd, LOCK_EX) != 0 ||
        (users > 1 && fchown(*fd, (uid_t)(FIRST_USER + user), (gid_t)-1) != 0))
        give_up(path, errno);
}

static void make_segments(void)
{
    struct rlimit limit;
    char path[128];
    size_t size;
    struct segment_header *bytes = sample(&size);

    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (mkdir(top, 0755) != 0)
        give_up(top, errno);
    for (int user = 0; user < users; user++) {
        path_of(path, sizeof path, user, -1);
        if (mkdir(path, 0700) != 0 ||
            (users > 1 && chown(path, (uid_t)(FIRST_USER + user), (gid_t)-1) != 0))
            give_up(path, errno);
        for (int i = 0; i < EACH; i++) {
            bytes->pid = (uint64_t)(1000 + user * EACH + i);
            path_of(path, sizeof path, user, i);
            make_file(path, bytes, size, user, &files[user * EACH + i]);
        }
    }
    printf(
        "\n### A scrape\n\n%d live segments of %zu bytes, of %d users: ms of each step, the median "
        "with its 95 %%\nbounds.\n\n| step | ms |\n| --- | ---: |\n",
        users * EACH, size, users);
    free(bytes);
}

static void remove_segments(void)
{
    char path[128];

    for (int user = 0; user < users; user++) {
        for (int i = 0; i < EACH; i++) {
            path_of(path, sizeof path, user, i);
            unlink(path);
            close(files[user * EACH + i]);
        }
        path_of(path, sizeof path, user, -1);
        rmdir(path);
    }
    rmdir(top);
}

static size_t write_text(const struct reader *reader, char *buf, size_t cap, bool rings)
{
    struct text text = {.buf = buf, .cap = cap, .rings = rings};
    size_t count = reader_count(reader);
    struct subject *subjects = calloc(count + 1, sizeof *subjects);

    if (!subjects)
        give_up("metrics", ENOMEM);
    for (size_t i = 0; i < count; i++)
        subject_init(&subjects[i], reader_get(reader, i));
    text_families(&text, subjects, count);
    free(subjects);
    return text.len;
}

static void print_row(const char *step, double *values, int n)
{
    struct figure figure = figure_of(values, n);
    char text[64];

    printf("| %s | %s |\n", step, figure_text(&figure, text, sizeof text));
}

static void measure(int rounds)
{
    struct reader *reader = reader_new();
    double *ms = calloc(3 * (size_t)rounds, sizeof *ms);

    if (!ms || !reader || !reader_add_directory(reader, top))
        give_up("a reader", ENOMEM);
    if (reader_scan(reader, false) != (size_t)(users * EACH))
        give_up("not all segments are read", 0);
    size_t size = write_text(reader, NULL, 0, true) + 1;
    char *buf = malloc(size);
    if (!buf)
        give_up("metrics", ENOMEM);
    for (int i = 0; i < rounds; i++) {
        double began = seconds_now();
        reader_scan(reader, false);
        double read = seconds_now();
        write_text(reader, buf, size, false);
        double written = seconds_now();
        write_text(reader, buf, size, true);
        ms[i] = (read - began) * 1e3;
        ms[rounds + i] = (written - read) * 1e3;
        ms[2 * rounds + i] = (seconds_now() - written) * 1e3;
    }
    print_row("reading all segments", ms, rounds);
    print_row("writing metrics", ms + rounds, rounds);
    print_row("writing metrics with those of rings", ms + 2 * rounds, rounds);
    free(buf);
    free(ms);
    reader_free(reader);
}

int main(int argc, char **argv)
{
    bool quick = argc == 2 && strcmp(argv[1], "--quick") == 0;

    if (argc > 1 && !quick) {
        fprintf(stderr, "usage: bench_scrape [--quick]\n");
        return 2;
    }
    if (geteuid() == 0)
        users = USERS;
    snprintf(top, sizeof top, "/dev/shm/auraio-scrape-%d", (int)getpid());
    make_segments();
    measure(quick ? VALUES_FOR_BOUNDS : 50);
    remove_segments();
    return fflush(stdout) != 0 || ferror(stdout);
}
