/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What only the thread backend asks of the system, and the simulated kernel has not: threads and
 * poll. Each call of them fails with each errno that its manual page lists, once and from there on,
 * and so does each allocation: operations are answered once, and the engine works afterwards.
 */
#include "kern.h"
#include "sim/kern_faults.h"
#include "slow.h"

enum { READS = 12, BLOCK_BYTES = 4096, MOST_CALLS = 1000 };

static const struct {
    enum kern_call call;
    int errors[5];
} rows[] = {
    {CALL_thread_create, {EAGAIN, EINVAL, EPERM}},
    {CALL_poll, {EFAULT, EINTR, EINVAL, ENOMEM}},
    {CALL_alloc, {ENOMEM}},
};

static unsigned char bufs[READS][BLOCK_BYTES];
static int fd;

/* Some reads of a file and one of a pipe; NULL, or what went wrong. */
static const char *some_work(auraio_engine_t *engine, bool must_succeed)
{
    static struct seen seen[READS];
    static struct slow slow;
    bool accepted[READS], slow_accepted;

    memset(seen, 0, sizeof seen);
    slow_open(&slow);
    slow_accepted = slow_submit(engine, &slow);
    for (int i = 0; i < READS; i++)
        accepted[i] = auraio_read(engine, fd, auraio_buf(bufs[i]), BLOCK_BYTES, 0, see, &seen[i]);
    slow_end(&slow);
    if (auraio_drain(engine, 60000) < 0)
        return "drain failed";
    slow_close(&slow);
    if (slow.seen.calls != slow_accepted || (must_succeed && slow.seen.result != 1))
        return "the read of a pipe";
    for (int i = 0; i < READS; i++) {
        if (seen[i].calls != accepted[i] || (must_succeed && !accepted[i]))
            return "an operation was not answered once";
        if (accepted[i] && (seen[i].result != BLOCK_BYTES || !matches_pattern(bufs[i], 1, 0)))
            return "a read was wrong";
    }
    return NULL;
}

/* NULL, or what went wrong; *met: the nth call was made. */
static const char *run(enum kern_call call, unsigned nth, int error, bool sticky, bool *met)
{
    auraio_options_t options;
    const char *wrong = NULL;

    test_options(&options);
    options.backend = AURAIO_BACKEND_THREADS;
    options.ring_count = 1;
    options.publish_stats = 0;
    kern_faults_install();
    kern_fail(call, nth, error, sticky);
    auraio_engine_t *engine = auraio_create_with_options(&options);
    if (engine)
        wrong = some_work(engine, false);
    else if (errno != ENOMEM || call != CALL_alloc)
        wrong = "no engine";
    *met = kern_failures() > 0;
    kern_fail_no_more();
    if (engine && !wrong)
        wrong = some_work(engine, true);
    if (auraio_destroy_timeout(engine, 60000) != 0)
        wrong = "destroy failed";
    kern_faults_remove();
    return wrong;
}

static void sweep(enum kern_call call, int error, bool sticky)
{
    const char *wrong = NULL;
    unsigned nth = 0;
    bool met = true;

    while (met && !wrong && nth < MOST_CALLS)
        wrong = run(call, ++nth, error, sticky, &met);
    ok(!wrong && nth > 1 && nth < MOST_CALLS, "%s: %s %s at each of %u calls",
       kern_call_names[call], strerror(error), sticky ? "from there on" : "once", nth - 1);
    if (wrong)
        note("call %u: %s", nth, wrong);
}

int main(void)
{
    fd = scratch_file("file", BLOCK_BYTES, 0);
    int fds = count_fds();

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int k = 0; rows[i].errors[k]; k++) {
            sweep(rows[i].call, rows[i].errors[k], false);
            sweep(rows[i].call, rows[i].errors[k], true);
        }
    is(count_fds(), fds, "no descriptor is left");
    return done();
}
