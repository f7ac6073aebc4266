/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_tick [--quick] [--law knee|aimd] [--ticks N]: what the control of one target costs, which
 * happens every 10 ms: reading the counters, the law, the gates. Between two ticks the program
 * reads from the page cache, so that they find the counters as they are in a busy program. The
 * clock that ticks are told is made up and runs ahead: no others happen, and each ends 10 ms.
 */
#include "control.h"
#include "engine.h"
#include "figures.h"

#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK = 4096, BLOCKS = 256, IN_FLIGHT = 64, READS = 500, TICKS_MOST = 1000000 };

#define TICK_NS 10000000u
#define AHEAD_NS 3600000000000u

static auraio_engine_t *engine;
static char buffers[IN_FLIGHT][BLOCK];
static uint64_t done;
static bool is_ending;
static int fd, ticks = 3000, clock_ns;

static void submit(void *buf);

static void on_read(auraio_request_t *req, ssize_t result, void *buf)
{
    (void)req;
    if (result != BLOCK)
        give_up("read", result < 0 ? (int)-result : 0);
    done++;
    if (!is_ending)
        submit(buf);
}

static void submit(void *buf)
{
    int64_t offset = (int64_t)(done * 2654435761u % BLOCKS) * BLOCK;

    if (!auraio_read(engine, fd, auraio_buf(buf), BLOCK, offset, on_read, buf))
        give_up("auraio_read", errno);
}

static void read_for_a_tick(void)
{
    for (uint64_t end = done + READS; done < end;)
        if (auraio_wait(engine, 1000) < 0)
            give_up("auraio_wait", errno);
}

static int nanoseconds_of(void (*call)(auraio_engine_t *, uint64_t), uint64_t now_ns)
{
    uint64_t before = aur_kern.now_ns();

    if (call)
        call(engine, now_ns);
    return (int)(aur_kern.now_ns() - before) - clock_ns;
}

static void measure_clock(void)
{
    double values[101];

    for (int i = 0; i < 101; i++)
        values[i] = nanoseconds_of(NULL, 0);
    clock_ns = (int)figure_of(values, 101).median;
}

static void begin_reads(auraio_control_t law)
{
    auraio_options_t options;

    auraio_options_init(&options);
    options.ring_count = 1;
    options.control = law;
    engine = auraio_create_with_options(&options);
    if (!engine)
        give_up("auraio_create_with_options", errno);
    is_ending = false;
    for (int i = 0; i < IN_FLIGHT; i++)
        submit(buffers[i]);
}

static void end_reads(void)
{
    is_ending = true;
    if (auraio_drain(engine, 10000) < 0)
        give_up("auraio_drain", errno);
    auraio_destroy(engine);
}

static void print_row(const char *name, double *values, int n)
{
    struct figure figure = figure_of(values, n); /* which sorts them */

    printf("| %s | %.0f (%.0f to %.0f) | %.0f |\n", name, figure.median, figure.low, figure.high,
           values[n * 99 / 100]);
}

/* Each tenth tick statistics close their window too, as every 100 ms. */
static void measure(const char *name, auraio_control_t law)
{
    double *values = calloc((size_t)ticks, sizeof *values);
    double *windows = calloc((size_t)ticks, sizeof *windows);
    int window_count = 0;
    char text[64];

    if (!values || !windows)
        give_up("values", ENOMEM);
    begin_reads(law);
    uint64_t now_ns = aur_kern.now_ns() + AHEAD_NS;
    for (int i = 0; i < ticks; i++, now_ns += TICK_NS) {
        read_for_a_tick();
        values[i] = nanoseconds_of(aur_control_tick, now_ns);
        if (i % 10 == 9)
            windows[window_count++] = nanoseconds_of(aur_stats_tick, now_ns);
    }
    auraio_target_stats_t stats;
    if (auraio_get_target_stats(engine, 0, &stats) != 0)
        give_up("auraio_get_target_stats", errno);
    snprintf(text, sizeof text, "%s (searches: %llu)", name, (unsigned long long)stats.searches);
    print_row(text, values, ticks);
    if (window_count)
        print_row("... the window of statistics, each tenth tick", windows, window_count);
    end_reads();
    free(windows);
    free(values);
}

static void make_file(void)
{
    char path[] = "auraio-tick-XXXXXX";

    fd = mkstemp(path);
    if (fd < 0)
        give_up("a file in this directory", errno);
    unlink(path);
    for (int i = 0; i < BLOCKS; i++)
        if (pwrite(fd, buffers[0], BLOCK, i * BLOCK) != BLOCK)
            give_up("pwrite", errno);
}

static _Noreturn void usage(void)
{
    fprintf(stderr, "usage: bench_tick [--quick] [--law knee|aimd] [--ticks N]\n");
    exit(2);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"quick", no_argument, NULL, 'q'},
                                            {"law", required_argument, NULL, 'l'},
                                            {"ticks", required_argument, NULL, 't'},
                                            {0}};
    const char *law = NULL;

    for (int letter; (letter = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (letter == 'q')
            ticks = 300;
        else if (letter == 'l' && (!strcmp(optarg, "knee") || !strcmp(optarg, "aimd")))
            law = optarg;
        else if (letter == 't' && atoi(optarg) > 0 && atoi(optarg) <= TICKS_MOST)
            ticks = atoi(optarg);
        else
            usage();
    }
    if (optind < argc)
        usage();
    make_file();
    measure_clock();
    printf("\n### A tick of control\n\nOne target, one ring, %d reads between two ticks; %d ticks: "
           "ns of each, the median with its\n95 %% bounds.\n\n"
           "| law | ns | 99th percentile |\n| --- | ---: | ---: |\n",
           READS, ticks);
    if (!law || strcmp(law, "knee") == 0)
        measure("KNEE", AURAIO_CONTROL_KNEE);
    if (!law || strcmp(law, "aimd") == 0)
        measure("AIMD", AURAIO_CONTROL_AIMD);
    return 0;
}
