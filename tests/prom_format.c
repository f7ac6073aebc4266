/* SPDX-License-Identifier: Apache-2.0 */
/* auraio_prom_format: sizes as snprintf, flags, errors; the text itself with "print" as argument,
 * for the scripts that look at it. */
#include "support.h"
#include "tap.h"

#include <auraio_prometheus.h>
#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char text[65536], again[65536];

static void work(auraio_engine_t *engine)
{
    static char buf[4096];
    int fd = scratch_file("file", sizeof buf, 0);
    struct seen seen[4];

    memset(seen, 0, sizeof seen);
    auraio_read(engine, fd, auraio_buf(buf), sizeof buf, 0, see, &seen[0]);
    wait_seen(engine, &seen[0]);
    auraio_write(engine, fd, auraio_buf(buf), 512, 0, see, &seen[1]);
    wait_seen(engine, &seen[1]);
    auraio_fsync(engine, fd, AURAIO_FSYNC_DEFAULT, see, &seen[2]);
    wait_seen(engine, &seen[2]);
    auraio_read(engine, 1000, auraio_buf(buf), sizeof buf, 0, see, &seen[3]);
    wait_seen(engine, &seen[3]);
    close(fd);
}

static bool has(const char *line)
{
    char wanted[512];

    snprintf(wanted, sizeof wanted, "\n%s\n", line);
    return strstr(text, wanted) != NULL;
}

/* A series of this engine: its name, labels beside pid and name, value. */
static bool has_series(const char *name, const char *labels, const char *value)
{
    char line[400];

    snprintf(line, sizeof line, "%s{pid=\"%d\",name=\"a \\\"b\\\\\"%s} %s", name, (int)getpid(),
             labels, value);
    return has(line);
}

static void check_values(void)
{
    ok(has("# TYPE auraio_read_ops_total counter"), "a counter has its suffix");
    ok(has_series("auraio_read_ops_total", "", "2"), "reads");
    ok(has_series("auraio_write_ops_total", "", "1"), "writes");
    ok(has_series("auraio_sync_ops_total", "", "1"), "syncs");
    ok(has_series("auraio_other_ops_total", "", "0"), "others");
    ok(has_series("auraio_read_bytes_total", "", "4096"), "bytes read");
    ok(has_series("auraio_written_bytes_total", "", "512"), "bytes written");
    ok(has_series("auraio_errors_total", ",errno=\"EBADF\"", "1") ||
           has_series("auraio_errors_total", ",errno=\"9\"", "1"),
       "an error");
    ok(has_series("auraio_latency_seconds_count", ",op=\"write\"", "1"), "latency of the write");
    ok(has_series("auraio_latency_seconds_bucket", ",op=\"write\",le=\"+Inf\"", "1"), "all of it");
    ok(has_series("auraio_target_latency_seconds", "", "0.0025"), "a ceiling");
    ok(has_series("auraio_in_flight", "", "0"), "nothing in flight");
}

static void check_sizes(const auraio_engine_t *engine, unsigned flags, const char *what)
{
    ssize_t need = auraio_prom_format(engine, text, sizeof text, flags);
    bool same = need > 0 && strlen(text) == (size_t)need;

    for (size_t cap = 0; cap < 200; cap++) {
        memset(again, 'x', sizeof again);
        ssize_t n = auraio_prom_format(engine, cap ? again : NULL, cap, flags);
        /* the heartbeat may have fewer digits */
        same = same && n > 0 && (n > need ? n - need : need - n) < 40 && again[cap] == 'x' &&
               (!cap || (memcmp(again, text, cap - 1) == 0 && again[cap - 1] == 0));
    }
    ok(same, "%s: %d bytes, cut anywhere", what, (int)need);
}

static void check_errors(auraio_engine_t *engine)
{
    int status;

    ok(auraio_prom_format(NULL, text, 9, 0) == -1 && errno == EINVAL, "no engine");
    ok(auraio_prom_format(engine, NULL, 9, 0) == -1 && errno == EINVAL, "no buffer");
    ok(auraio_prom_format(engine, text, 9, 64) == -1 && errno == EINVAL, "an unknown flag");
    pid_t pid = fork();
    if (pid == 0)
        _exit(auraio_prom_format(engine, text, 9, 0) == -1 && errno == EOWNERDEAD ? 0 : 1);
    ok(waitpid(pid, &status, 0) == pid && status == 0, "in a forked child");
}

int main(int argc, char **argv)
{
    auraio_options_t options;

    test_options(&options);
    snprintf(options.name, sizeof options.name, "a \"b\\");
    options.max_p99_latency_ms = 2.5;
    auraio_engine_t *engine = test_engine(&options);
    work(engine);
    if (argc > 1) {
        auraio_prom_format(engine, text, sizeof text, (unsigned)atoi(argv[1]));
        fputs(text, stdout);
        auraio_destroy(engine);
        return 0;
    }
    check_sizes(engine, AURAIO_PROM_RINGS | AURAIO_PROM_OPENMETRICS, "OpenMetrics with rings");
    ok(has("# TYPE auraio_read_ops counter") && strcmp(strstr(text, "# EOF"), "# EOF\n") == 0,
       "OpenMetrics has the suffix apart, and an end");
    check_sizes(engine, AURAIO_PROM_OPENMETRICS | AURAIO_PROM_FRAGMENT, "a fragment");
    ok(!strstr(text, "# EOF") && !strstr(text, "auraio_ring_"), "has no end, and no rings");
    check_sizes(engine, 0, "the text format");
    check_values();
    check_errors(engine);
    auraio_destroy(engine);
    return done();
}
