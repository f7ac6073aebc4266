/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every call of the seam that can fail, with every errno that its manual page lists
 * (and those that filters of system calls give): at each of its calls in each
 * scenario, once and from there on, while every public call is made. The lines are
 * the table of what happened. A call that is not in the table, or an errno that no
 * scenario has met, is a failure.
 *
 * make check takes some of the calls of each; with AURAIO_SIM_OPS set, as make
 * check-sim does, all of them.
 */
#include "kern_faults.h"
#include "public_calls.h"

#include "child.h"
#include "kern.h"
#include "tap.h"

#include <errno.h>
#include <string.h>

#define MOST_ERRNOS 32
#define PLACES 2 /* of the calls of a scenario that make check has fail */

#define OF_PATHS EACCES, EFAULT, ELOOP, ENAMETOOLONG, ENOENT, ENOMEM, ENOTDIR
#define OF_CHANGES EPERM, EROFS, EBUSY, EBADF, EINVAL

static const struct row {
    enum kern_call call;
    int errors[MOST_ERRNOS];
} rows[] = {
    {CALL_uring_setup,
     {EFAULT, EINVAL, EMFILE, ENFILE, ENOMEM, EPERM, ENXIO, ENOSYS, EACCES, EOPNOTSUPP}},
    {CALL_uring_enter,
     {EAGAIN, EBADF, EBADFD, EBADR, EBUSY, EEXIST, EFAULT, EINVAL, EINTR, ENXIO, EOPNOTSUPP, ENOMEM,
      EPERM, EACCES, ENOSYS, EOWNERDEAD}},
    {CALL_uring_register,
     {EACCES, EBADF, EBADFD, EBUSY, EEXIST, EFAULT, EINVAL, EMFILE, ENOMEM, ENXIO, EOPNOTSUPP,
      EPERM, ENOSYS, EINTR}},
    {CALL_mmap, {EACCES, EAGAIN, EBADF, EINVAL, ENFILE, ENODEV, ENOMEM, EOVERFLOW, EPERM, ETXTBSY}},
    {CALL_getcpu, {EFAULT, ENOSYS}},
    {CALL_allowed_cpus, {EFAULT, EINVAL, EPERM, ESRCH, ENOMEM}},
    {CALL_eventfd, {EINVAL, EMFILE, ENFILE, ENODEV, ENOMEM}},
    {CALL_event_write, {EAGAIN, EBADF, EINTR, EINVAL}},
    {CALL_event_read, {EAGAIN, EBADF, EINTR, EINVAL, EIO}},
    {CALL_timerfd, {EINVAL, EMFILE, ENFILE, ENODEV, ENOMEM, EPERM}},
    {CALL_timer_set, {EBADF, ECANCELED, EFAULT, EINVAL}},
    {CALL_epoll_create, {EINVAL, EMFILE, ENFILE, ENOMEM}},
    {CALL_epoll_add, {EBADF, EEXIST, EINVAL, ELOOP, ENOMEM, ENOSPC, EPERM}},
    {CALL_epoll_del, {EBADF, EINVAL, ENOENT, EPERM}},
    {CALL_epoll_wait, {EBADF, EFAULT, EINTR, EINVAL}},
    {CALL_close, {EBADF, EINTR, EIO, ENOSPC, EDQUOT}},
    {CALL_dup, {EBADF, EINVAL, EMFILE}},
    {CALL_fcntl_getfl, {EBADF, EACCES}},
    {CALL_preadv2,
     {EAGAIN, EBADF, EFAULT, EINTR, EINVAL, EIO, EISDIR, ENXIO, EOVERFLOW, ESPIPE, EOPNOTSUPP}},
    {CALL_pwritev2,
     {EAGAIN, EBADF, EDESTADDRREQ, EDQUOT, EFAULT, EFBIG, EINTR, EINVAL, EIO, ENOSPC, ENXIO,
      EOPNOTSUPP, EOVERFLOW, EPERM, EPIPE, ESPIPE}},
    {CALL_fsync, {EBADF, EINTR, EIO, ENOSPC, EROFS, EINVAL, EDQUOT}},
    {CALL_openat,
     {OF_PATHS, OF_CHANGES, EDQUOT, EEXIST, EFBIG, EINTR, EISDIR, EMFILE, ENFILE, ENODEV, ENOSPC,
      ENXIO, EOPNOTSUPP, EOVERFLOW, ETXTBSY, EAGAIN}},
    {CALL_statx, {OF_PATHS, EBADF, EINVAL, EINTR}},
    {CALL_fallocate,
     {EBADF, EFBIG, EINTR, EINVAL, EIO, ENODEV, ENOSPC, ENOSYS, EOPNOTSUPP, EPERM, ESPIPE,
      ETXTBSY}},
    {CALL_ftruncate, {EACCES, EBADF, EFBIG, EINTR, EINVAL, EIO, EPERM, EROFS, ETXTBSY}},
    {CALL_sync_file_range, {EBADF, EINVAL, EIO, ENOMEM, ENOSPC, ESPIPE}},
    {CALL_fadvise, {EBADF, EINVAL, ESPIPE}},
    {CALL_renameat2,
     {OF_PATHS, OF_CHANGES, EDQUOT, EEXIST, EISDIR, EMLINK, ENOSPC, ENOTEMPTY, EXDEV}},
    {CALL_unlinkat, {OF_PATHS, OF_CHANGES, EIO, EISDIR, ENOTEMPTY}},
    {CALL_mkdirat, {OF_PATHS, OF_CHANGES, EDQUOT, EEXIST, EMLINK, ENOSPC}},
};

#define ROWS (sizeof rows / sizeof *rows)

struct order {
    enum kern_call call;
    unsigned nth; /* 0: nothing fails, only counts */
    int error;
    bool sticky;
    unsigned calls[CALLS], failures;
};

/* What the library takes for somebody's close of all descriptors; the kernel says it of no other.
 */
static bool loses_descriptors(const struct order *order)
{
    int error = order->error;

    return (order->call == CALL_uring_enter &&
            (error == EBADF || error == EOPNOTSUPP || error == ENXIO)) ||
           (order->call == CALL_epoll_wait && (error == EBADF || error == EINVAL)) ||
           (order->call == CALL_statx && error == EBADF);
}

static void begin(void *arg)
{
    const struct order *order = arg;

    kern_faults_install();
    if (!order->nth)
        return;
    kern_fail(order->call, order->nth, order->error, order->sticky);
    if (loses_descriptors(order))
        kern_before_failing(sim_close_all_of_library);
}

static void end(void *arg)
{
    struct order *order = arg;

    kern_fail_no_more();
    for (int i = 0; i < CALLS; i++)
        order->calls[i] = kern_calls((enum kern_call)i);
    order->failures = order->nth ? kern_failures() : 0;
}

/* What the end of an engine calls as well, without hurting what works. */
static bool is_for_the_end(enum kern_call call)
{
    return call == CALL_epoll_del || call == CALL_close;
}

static struct outcome_of_calls run(const struct calls_scenario *scenario, struct order *order)
{
    const struct fault_of_calls fault = {.begin = begin,
                                         .end = end,
                                         .arg = order,
                                         .error = order->error,
                                         .loses_descriptors = loses_descriptors(order),
                                         .lasts_to_the_end = is_for_the_end(order->call)};

    return every_public_call(&scenario->config, &scenario->options, &fault);
}

struct cell { /* one call with one errno */
    unsigned places, met, ends[3];
    const char *wrong, *in;
    unsigned at;
    int wrong_errno;
};

static void at_each_place(const struct calls_scenario *scenario, struct order *order,
                          unsigned calls, unsigned shift, struct cell *cell)
{
    unsigned step = getenv("AURAIO_SIM_OPS") || calls <= PLACES ? 1 : calls / PLACES;

    for (order->nth = 1 + shift % step; order->nth <= calls && !cell->wrong; order->nth += step) {
        struct outcome_of_calls outcome = run(scenario, order);
        cell->places++;
        cell->met += order->failures > 0;
        cell->ends[outcome.end]++;
        cell->wrong = outcome.wrong;
        cell->wrong_errno = outcome.wrong_errno;
        cell->in = scenario->name;
        cell->at = order->nth;
    }
}

static void sweep_errno(const struct row *row, int error, unsigned shift, bool sticky)
{
    struct calls_scenario scenario;
    struct cell cell = {0};

    for (int i = 0; calls_scenario(i, &scenario) && !cell.wrong; i++) {
        struct order order = {.nth = 0, .call = row->call};
        run(&scenario, &order);
        order.error = error;
        order.sticky = sticky;
        at_each_place(&scenario, &order, order.calls[row->call], shift, &cell);
    }
    ok(!cell.wrong && cell.met, "%s: %s %s at %u places: no engine %u, dead %u, works %u",
       kern_call_names[row->call], strerror(error), sticky ? "from there on" : "once", cell.met,
       cell.ends[NO_ENGINE], cell.ends[ENGINE_IS_DEAD], cell.ends[ENGINE_WORKS]);
    if (cell.wrong)
        note("%s, call %u: %s: %s", cell.in, cell.at, cell.wrong, strerror(cell.wrong_errno));
}

static void every_call_has_a_row(void)
{
    /* In sim_alloc_failures.c and, with the threads that the simulator lacks, errors_of_workers.c
     */
    bool has_row[CALLS] = {[CALL_alloc] = true, [CALL_poll] = true, [CALL_thread_create] = true};

    for (size_t i = 0; i < ROWS; i++)
        has_row[rows[i].call] = true;
    for (int i = 0; i < CALLS; i++)
        if (!has_row[i])
            ok(false, "%s has a row", kern_call_names[i]);
    is(sizeof(struct kern_ops) / sizeof(void (*)(void)),
       CALLS - 1 + ENTRIES_OF_ALLOC + ENTRIES_WITHOUT_ERRORS, "each entry of the seam is known");
}

int main(void)
{
    unsigned every = UNDER_TSAN ? 8 : 1, n = 0; /* there is one thread, and it would take minutes */

    every_call_has_a_row();
    for (size_t i = 0; i < ROWS; i++) {
        for (unsigned k = 0; k < MOST_ERRNOS && rows[i].errors[k]; k++) {
            if (n++ % every)
                continue;
            sweep_errno(&rows[i], rows[i].errors[k], k, false);
            sweep_errno(&rows[i], rows[i].errors[k], k + 1, true);
        }
    }
    return done();
}
