/* SPDX-License-Identifier: Apache-2.0 */
/* Every function of the library, each with every argument that cannot be right, one at a time: what
 * it documents, and nothing is submitted. The table here has the functions that the map of symbols
 * has: a new one is to be added. bad_arguments_operations does the same by auraio_submit. */
#include "outcome.h"

#include <limits.h>
#include <sys/stat.h>

enum { FUNCTIONS_MAX = 200 };

static auraio_engine_t *e;
static int fd;
static unsigned char byte;
static struct iovec iov = {&byte, 1};
static struct statx st;
static struct seen never;
static const char *rows[FUNCTIONS_MAX];
static int row_count;

static bool refused(bool failed)
{
    bool right = failed && errno == EINVAL;

    errno = 0;
    return right;
}

#define P(call) refused(!(call))      /* gives a pointer */
#define I(call) refused((call) == -1) /* gives a number */
#define CB see, &never

static void row(const char *name, bool good)
{
    ok(good, "%s", name);
    if (row_count < FUNCTIONS_MAX)
        rows[row_count++] = name;
}

#define ROW(name, good) row("auraio_" #name, good)

static void transfers(void)
{
    auraio_buf_t buf = auraio_buf(&byte), none = auraio_buf(NULL), fixed = auraio_buf_fixed(-1, 0);

    ROW(read, P(auraio_read(NULL, fd, buf, 1, 0, CB)) && P(auraio_read(e, -1, buf, 1, 0, CB)) &&
                  P(auraio_read(e, fd, none, 1, 0, CB)) && P(auraio_read(e, fd, fixed, 1, 0, CB)) &&
                  P(auraio_read(e, fd, buf, 0, 0, CB)) && P(auraio_read(e, fd, buf, 1, -1, CB)));
    ROW(write, P(auraio_write(NULL, fd, buf, 1, 0, CB)) && P(auraio_write(e, -1, buf, 1, 0, CB)) &&
                   P(auraio_write(e, fd, none, 1, 0, CB)) &&
                   P(auraio_write(e, fd, fixed, 1, 0, CB)) &&
                   P(auraio_write(e, fd, buf, 0, 0, CB)) && P(auraio_write(e, fd, buf, 1, -1, CB)));
    ROW(readv,
        P(auraio_readv(NULL, fd, &iov, 1, 0, CB)) && P(auraio_readv(e, -1, &iov, 1, 0, CB)) &&
            P(auraio_readv(e, fd, NULL, 1, 0, CB)) && P(auraio_readv(e, fd, &iov, 0, 0, CB)) &&
            P(auraio_readv(e, fd, &iov, IOV_MAX + 1, 0, CB)) &&
            P(auraio_readv(e, fd, &iov, 1, -1, CB)));
    ROW(writev,
        P(auraio_writev(NULL, fd, &iov, 1, 0, CB)) && P(auraio_writev(e, -1, &iov, 1, 0, CB)) &&
            P(auraio_writev(e, fd, NULL, 1, 0, CB)) && P(auraio_writev(e, fd, &iov, 0, 0, CB)) &&
            P(auraio_writev(e, fd, &iov, IOV_MAX + 1, 0, CB)) &&
            P(auraio_writev(e, fd, &iov, 1, -1, CB)));
    ROW(submit, I(auraio_submit(NULL, NULL, 0, NULL)) && I(auraio_submit(e, NULL, 1, NULL)));
}

static void on_files(void)
{
    ROW(fsync, P(auraio_fsync(NULL, fd, AURAIO_FSYNC_DEFAULT, CB)) &&
                   P(auraio_fsync(e, -1, AURAIO_FSYNC_DEFAULT, CB)) &&
                   P(auraio_fsync(e, fd, (auraio_fsync_flags_t)2, CB)));
    ROW(close, P(auraio_close(NULL, fd, CB)) && P(auraio_close(e, -1, CB)));
    ROW(fallocate,
        P(auraio_fallocate(NULL, fd, 0, 0, 1, CB)) && P(auraio_fallocate(e, -1, 0, 0, 1, CB)) &&
            P(auraio_fallocate(e, fd, 0, -1, 1, CB)) && P(auraio_fallocate(e, fd, 0, 0, 0, CB)));
    ROW(ftruncate, P(auraio_ftruncate(NULL, fd, 0, CB)) && P(auraio_ftruncate(e, -1, 0, CB)) &&
                       P(auraio_ftruncate(e, fd, -1, CB)));
    ROW(sync_file_range, P(auraio_sync_file_range(NULL, fd, 0, 0, 0, CB)) &&
                             P(auraio_sync_file_range(e, -1, 0, 0, 0, CB)) &&
                             P(auraio_sync_file_range(e, fd, -1, 0, 0, CB)) &&
                             P(auraio_sync_file_range(e, fd, 0, -1, 0, CB)));
    ROW(fadvise,
        P(auraio_fadvise(NULL, fd, 0, 0, 0, CB)) && P(auraio_fadvise(e, -1, 0, 0, 0, CB)) &&
            P(auraio_fadvise(e, fd, -1, 0, 0, CB)) && P(auraio_fadvise(e, fd, 0, -1, 0, CB)));
    ROW(nop, P(auraio_nop(NULL, CB)));
}

static void on_names(void)
{
    const int at = AT_FDCWD;

    ROW(openat, P(auraio_openat(NULL, at, "x", 0, 0, CB)) &&
                    P(auraio_openat(e, -1, "x", 0, 0, CB)) &&
                    P(auraio_openat(e, at, NULL, 0, 0, CB)));
    ROW(statx, P(auraio_statx(NULL, at, "x", 0, 0, &st, CB)) &&
                   P(auraio_statx(e, -1, "x", 0, 0, &st, CB)) &&
                   P(auraio_statx(e, at, NULL, 0, 0, &st, CB)) &&
                   P(auraio_statx(e, at, "x", 0, 0, NULL, CB)));
    ROW(renameat, P(auraio_renameat(NULL, at, "x", at, "y", 0, CB)) &&
                      P(auraio_renameat(e, -1, "x", at, "y", 0, CB)) &&
                      P(auraio_renameat(e, at, NULL, at, "y", 0, CB)) &&
                      P(auraio_renameat(e, at, "x", -1, "y", 0, CB)) &&
                      P(auraio_renameat(e, at, "x", at, NULL, 0, CB)));
    ROW(unlinkat, P(auraio_unlinkat(NULL, at, "x", 0, CB)) &&
                      P(auraio_unlinkat(e, -1, "x", 0, CB)) &&
                      P(auraio_unlinkat(e, at, NULL, 0, CB)));
    ROW(mkdirat, P(auraio_mkdirat(NULL, at, "x", 0, CB)) && P(auraio_mkdirat(e, -1, "x", 0, CB)) &&
                     P(auraio_mkdirat(e, at, NULL, 0, CB)));
}

/* A handle that never was one: nobody's. */
static void requests(void)
{
    auraio_request_t *none = (auraio_request_t *)~(uintptr_t)0;

    ROW(cancel,
        I(auraio_cancel(NULL, none)) && I(auraio_cancel(e, NULL)) && I(auraio_cancel(e, none)));
    ROW(cancel_fd, I(auraio_cancel_fd(NULL, fd)) && I(auraio_cancel_fd(e, -1)));
    ROW(request_pending, !auraio_request_pending(NULL) && !auraio_request_pending(none));
    ROW(request_fd, auraio_request_fd(NULL) == -1 && auraio_request_fd(none) == -1);
    ROW(request_user_data, !auraio_request_user_data(NULL) && !auraio_request_user_data(none));
    ROW(request_op_type,
        (int)auraio_request_op_type(NULL) == -1 && (int)auraio_request_op_type(none) == -1);
    ROW(request_error, !auraio_request_error(NULL) && !auraio_request_error(none));
    errno = 0;
}

static void waiting(void)
{
    ROW(poll, I(auraio_poll(NULL)));
    ROW(wait, I(auraio_wait(NULL, 0)) && I(auraio_wait(e, -2)));
    ROW(wait_n,
        I(auraio_wait_n(NULL, 1, 0)) && I(auraio_wait_n(e, 0, 0)) && I(auraio_wait_n(e, 1, -2)));
    ROW(wakeup, I(auraio_wakeup(NULL)));
    ROW(run, I(auraio_run(NULL)));
    ROW(stop, I(auraio_stop(NULL)));
    ROW(drain, I(auraio_drain(NULL, 0)) && I(auraio_drain(e, -2)));
    ROW(flush, I(auraio_flush(NULL)));
    ROW(pending_count, I(auraio_pending_count(NULL)));
    ROW(get_poll_fd, I(auraio_get_poll_fd(NULL)));
    ROW(destroy_timeout, auraio_destroy_timeout(NULL, -1) == 0 && I(auraio_destroy_timeout(e, -1)));
    ROW(get_fatal_error, I(auraio_get_fatal_error(NULL)));
}

static void sets(void)
{
    const struct iovec empty = {&byte, 0}, nowhere = {NULL, 1};
    const int negative = -2;

    ROW(register_buffers,
        I(auraio_register_buffers(NULL, &iov, 1)) && I(auraio_register_buffers(e, NULL, 1)) &&
            I(auraio_register_buffers(e, &iov, 0)) && I(auraio_register_buffers(e, &iov, 16385)) &&
            I(auraio_register_buffers(e, &empty, 1)) && I(auraio_register_buffers(e, &nowhere, 1)));
    ROW(register_files,
        I(auraio_register_files(NULL, &fd, 1)) && I(auraio_register_files(e, NULL, 1)) &&
            I(auraio_register_files(e, &fd, 0)) && I(auraio_register_files(e, &fd, 32769)) &&
            I(auraio_register_files(e, &negative, 1)));
    ROW(unregister_buffers, I(auraio_unregister_buffers(NULL)));
    ROW(unregister_files, I(auraio_unregister_files(NULL)));
    ROW(request_unregister_buffers, I(auraio_request_unregister_buffers(NULL)));
    ROW(request_unregister_files, I(auraio_request_unregister_files(NULL)));
    is(auraio_register_files(e, &fd, 1), 0, "a set of one file");
    ROW(update_file, I(auraio_update_file(NULL, 0, fd)) && I(auraio_update_file(e, -1, fd)) &&
                         I(auraio_update_file(e, 1, fd)) && I(auraio_update_file(e, 0, -2)));
    is(auraio_unregister_files(e), 0, "which is unharmed");
}

static bool minus_one(double value)
{
    return value > -1.5 && value < -0.5;
}

static void statistics(void)
{
    auraio_stats_t stats;
    auraio_ring_stats_t ring;
    auraio_target_stats_t target;
    auraio_histogram_t histogram = {.total_count = 1, .buckets = {1}};
    auraio_buffer_stats_t buffers;
    size_t size;

    ROW(get_stats, I(auraio_get_stats(NULL, &stats)) && I(auraio_get_stats(e, NULL)));
    ROW(get_ring_count, auraio_get_ring_count(NULL) == 0);
    ROW(get_ring_stats,
        I(auraio_get_ring_stats(NULL, 0, &ring)) && I(auraio_get_ring_stats(e, -1, &ring)) &&
            I(auraio_get_ring_stats(e, INT_MAX, &ring)) && I(auraio_get_ring_stats(e, 0, NULL)));
    ROW(get_target_count, auraio_get_target_count(NULL) <= 0);
    errno = 0;
    ROW(get_target_stats, I(auraio_get_target_stats(NULL, 0, &target)) &&
                              I(auraio_get_target_stats(e, -1, &target)) &&
                              I(auraio_get_target_stats(e, INT_MAX, &target)) &&
                              I(auraio_get_target_stats(e, 0, NULL)));
    ROW(get_buffer_stats,
        I(auraio_get_buffer_stats(NULL, &buffers)) && I(auraio_get_buffer_stats(e, NULL)));
    ROW(stats_segment, P(auraio_stats_segment(NULL, &size)) && P(auraio_stats_segment(e, NULL)));
    ROW(histogram_percentile, minus_one(auraio_histogram_percentile(NULL, 50)) &&
                                  minus_one(auraio_histogram_percentile(&histogram, -1)) &&
                                  minus_one(auraio_histogram_percentile(&histogram, 101)));
    ROW(histogram_bucket_lower_us, minus_one(auraio_histogram_bucket_lower_us(NULL, 0)) &&
                                       minus_one(auraio_histogram_bucket_lower_us(&histogram, -1)));
    ROW(histogram_bucket_upper_us,
        minus_one(auraio_histogram_bucket_upper_us(NULL, 0)) &&
            minus_one(auraio_histogram_bucket_upper_us(&histogram, AURAIO_HISTOGRAM_BUCKETS)));
    ROW(get_histogram, I(auraio_get_histogram(NULL, 0, &histogram)) &&
                           I(auraio_get_histogram(e, -1, &histogram)) &&
                           I(auraio_get_histogram(e, INT_MAX, &histogram)) &&
                           I(auraio_get_histogram(e, 0, NULL)));
}

static void settings_and_names(void)
{
    auraio_features_t features;

    ROW(set_max_p99_latency,
        I(auraio_set_max_p99_latency(NULL, 1)) && I(auraio_set_max_p99_latency(e, -1)));
    ROW(set_min_in_flight,
        I(auraio_set_min_in_flight(NULL, 1)) && I(auraio_set_min_in_flight(e, -1)));
    ROW(set_max_in_flight,
        I(auraio_set_max_in_flight(NULL, 1)) && I(auraio_set_max_in_flight(e, -1)));
    ROW(set_batch_threshold,
        I(auraio_set_batch_threshold(NULL, 1)) && I(auraio_set_batch_threshold(e, -2)));
    ROW(probe, I(auraio_probe(NULL)));
    ROW(get_features, I(auraio_get_features(NULL, &features)) && I(auraio_get_features(e, NULL)));
    ROW(phase_name, strcmp(auraio_phase_name(-1), "UNKNOWN") == 0 &&
                        strcmp(auraio_phase_name(7), "UNKNOWN") == 0);
    ROW(feature_name, strcmp(auraio_feature_name(-1), "UNKNOWN") == 0 &&
                          strcmp(auraio_feature_name(64), "UNKNOWN") == 0);
    ROW(backend_name, strcmp(auraio_backend_name((auraio_backend_t)3), "UNKNOWN") == 0);
}

static void making_and_memory(void)
{
    auraio_options_t options = {0};
    size_t mem, offset;

    auraio_options_init(NULL);
    ROW(options_init, true);
    ROW(create_with_options, P(auraio_create_with_options(&options)));
    ROW(buffer_alloc, P(auraio_buffer_alloc(NULL, 1)) && P(auraio_buffer_alloc(e, 0)));
    auraio_buffer_free(NULL, &byte);
    auraio_buffer_free(e, NULL);
    auraio_buffer_free(e, &byte);
    ROW(buffer_free, true);
    ROW(buffer_size, !auraio_buffer_size(NULL, &byte) && !auraio_buffer_size(e, NULL) &&
                         !auraio_buffer_size(e, &byte));
    errno = 0;
    ROW(file_alignment,
        I(auraio_file_alignment(fd, NULL, &offset)) && I(auraio_file_alignment(fd, &mem, NULL)));
    auraio_destroy(NULL);
    ROW(destroy, true);
    auraio_set_log_handler(NULL, NULL);
    ROW(set_log_handler, true);
}

/* Those that take no argument. */
static bool has_none(const char *name)
{
    return strcmp(name, "auraio_create") == 0 || strcmp(name, "auraio_in_callback") == 0 ||
           strcmp(name, "auraio_version") == 0 || strcmp(name, "auraio_version_int") == 0;
}

static void compare_with_map(void)
{
    const char *top = getenv("top_srcdir");
    char path[PATH_MAX], line[256], name[128];
    int functions = 0, missing = 0;

    snprintf(path, sizeof path, "%s/lib/libauraio.map", top ? top : ".");
    FILE *map = fopen(path, "re");
    if (!map)
        bail("%s: %s", path, strerror(errno));
    while (fgets(line, sizeof line, map)) {
        bool found = false;
        if (sscanf(line, " %127[a-z0-9_]", name) != 1 || strncmp(name, "auraio_", 7) != 0)
            continue;
        functions++;
        for (int i = 0; i < row_count; i++)
            found |= strcmp(rows[i], name) == 0;
        if (found || has_none(name))
            continue;
        missing++;
        note("%s is not in the table", name);
    }
    fclose(map);
    ok(functions > 70 && !missing, "%d functions in the map, %d in the table", functions,
       row_count);
}

int main(void)
{
    e = test_engine(NULL);
    fd = scratch_file("file", 1, 0);
    transfers();
    on_files();
    on_names();
    requests();
    waiting();
    sets();
    statistics();
    settings_and_names();
    making_and_memory();
    is(auraio_pending_count(e), 0, "nothing is pending");
    is(auraio_drain(e, 0), 0, "nothing completes");
    is(never.calls, 0, "no callback has run");
    compare_with_map();
    auraio_destroy(e);
    return done();
}
