/* SPDX-License-Identifier: Apache-2.0 */
/* What a segment says of an engine: all rings are in its sums, counters never fall, operations that
 * workers run are in flight all the time, engines of one name have numbers of their own. */
#include "engine.h"
#include "handle.h"
#include "kern.h"
#include "reader.h"
#include "segment.h"

#include "support.h"
#include "tap.h"
#include "threads.h"

#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

/* MANY are more than a segment has blocks for; on 32-bit systems no engine has so many. */
enum { MANY = 400, RINGS = HANDLE_RINGS_MAX < MANY ? HANDLE_RINGS_MAX : MANY };
enum { EACH = 2, CHANGES = 30000, NOPS = 200, BYTES = 512 };
enum { CHOOSERS = 2, CHOICES = 3000, SPINS = 10000, CHOOSE_MOST_MS = 30000 };

static void parse(auraio_engine_t *engine, struct reader_engine *parsed)
{
    size_t size;
    const void *segment = auraio_stats_segment(engine, &size);
    enum reader_error error = reader_parse(segment, size, parsed);

    if (error != READER_OK && error != READER_TORN)
        bail("the segment is not taken: %s", reader_error_name((int)error));
}

static void all_rings_are_counted(void)
{
    struct reader_engine parsed;
    auraio_options_t options;

    auraio_options_init(&options);
    options.backend = AURAIO_BACKEND_THREADS;
    options.ring_count = RINGS;
    options.ring_select = AURAIO_SELECT_ROUND_ROBIN;
    options.queue_depth = 8;
    options.publish_stats = 0;
    auraio_engine_t *engine = auraio_create_with_options(&options);
    int fd = scratch_file("rings", BYTES, 0);
    static char buf[BYTES];
    if (!engine)
        bail("no engine with %d rings", RINGS);
    for (int i = 0; i < RINGS * EACH; i++)
        auraio_read(engine, fd, auraio_buf(buf), BYTES, 0, NULL, NULL);
    is(auraio_drain(engine, -1), RINGS * EACH, "reads on %d rings", RINGS);
    parse(engine, &parsed);
    is(parsed.rings_made, RINGS, "all are made");
    is((uint64_t)parsed.ring_count + parsed.rings_left_out, RINGS, "with a block or without");
    ok((parsed.rings_left_out > 0) == (RINGS == MANY), "without are %d",
       (int)parsed.rings_left_out);
    is(parsed.ops[READER_READ], RINGS * EACH, "all reads are in the sum");
    is(parsed.bytes[0], RINGS * EACH * BYTES, "all bytes");
    is(parsed.latency[READER_READ].count, RINGS * EACH, "all latencies");
    close(fd);
    auraio_destroy(engine);
}

static _Atomic bool changing;
static auraio_engine_t *changed;

static void *change_limits(void *arg)
{
    (void)arg;
    for (int i = 0; i < CHANGES; i++)
        auraio_set_max_in_flight(changed, 1 + i % 2);
    atomic_store(&changing, false);
    return NULL;
}

static void counters_never_fall(void)
{
    struct reader_engine parsed;
    auraio_options_t options;
    static char buf[BYTES];
    uint64_t raised = 0, lowered = 0;
    int fell = 0, fd = scratch_file("limits", BYTES, 0);
    pthread_t thread;

    auraio_options_init(&options);
    options.disable_adaptive = true;
    options.publish_stats = 0;
    changed = test_engine(&options);
    auraio_read(changed, fd, auraio_buf(buf), BYTES, 0, NULL, NULL);
    auraio_drain(changed, -1);
    atomic_store(&changing, true);
    if (pthread_create(&thread, NULL, change_limits, NULL) != 0)
        bail("no thread");
    while (atomic_load(&changing)) {
        parse(changed, &parsed);
        fell += parsed.limit_raised < raised || parsed.limit_lowered < lowered;
        raised = parsed.limit_raised;
        lowered = parsed.limit_lowered;
    }
    pthread_join(thread, NULL);
    parse(changed, &parsed);
    is(fell, 0, "counts of changes never fall");
    is(parsed.limit_raised + parsed.limit_lowered, CHANGES, "and none is lost");
    close(fd);
    auraio_destroy(changed);
}

static _Atomic bool held;
static ssize_t (*read_at_once)(int, const struct iovec *, int, int64_t, int);

static ssize_t read_when_told(int fd, const struct iovec *iov, int n, int64_t offset, int flags)
{
    while (atomic_load(&held))
        usleep(1000);
    return read_at_once(fd, iov, n, offset, flags);
}

/* A pipe with O_NONBLOCK is read by a worker, here by one that takes its time. */
static void workers_are_in_flight(void)
{
    struct reader_engine parsed;
    auraio_options_t options;
    int ends[2], wrong = 0;
    char byte = 0;

    auraio_options_init(&options);
    options.ring_count = 1;
    options.publish_stats = 0;
    auraio_engine_t *engine = test_engine(&options);
    if (pipe2(ends, O_NONBLOCK | O_CLOEXEC) != 0)
        bail("pipe");
    struct seen seen = {0};
    read_at_once = aur_kern.preadv2;
    aur_kern.preadv2 = read_when_told;
    atomic_store(&held, true);
    auraio_read(engine, ends[0], auraio_buf(&byte), 1, 0, see, &seen);
    for (int i = 0; i < NOPS; i++) {
        struct seen nop = {0};
        auraio_nop(engine, see, &nop);
        wait_seen(engine, &nop);
        parse(engine, &parsed);
        wrong += parsed.in_flight != 1;
    }
    is(wrong, 0, "a read that waits is in flight while others come and go");
    atomic_store(&held, false);
    wait_seen(engine, &seen);
    aur_kern.preadv2 = read_at_once;
    is(seen.result, -EAGAIN, "until it has ended");
    parse(engine, &parsed);
    is(parsed.in_flight, 0, "then it is not");
    close(ends[0]);
    close(ends[1]);
    auraio_destroy(engine);
}

static auraio_engine_t *named(const char *name, unsigned *instance)
{
    struct reader_engine parsed;
    auraio_options_t options;

    auraio_options_init(&options);
    options.publish_stats = 0;
    snprintf(options.name, sizeof options.name, "%s", name);
    auraio_engine_t *engine = test_engine(&options);
    parse(engine, &parsed);
    *instance = parsed.instance;
    return engine;
}

static void names_have_numbers(void)
{
    auraio_engine_t *engines[5];
    unsigned instance[5];

    engines[0] = named("one", &instance[0]);
    engines[1] = named("one", &instance[1]);
    engines[2] = named("two", &instance[2]);
    engines[3] = named("one", &instance[3]);
    auraio_destroy(engines[1]);
    engines[4] = named("one", &instance[4]);
    is(instance[0], 1, "the first of a name");
    is(instance[1], 2, "the second");
    is(instance[2], 1, "the first of another");
    is(instance[3], 3, "the third");
    is(instance[4], 2, "and one in the place of the second");
    for (int i = 0; i < 5; i++)
        if (i != 1)
            auraio_destroy(engines[i]);
}

static auraio_engine_t *engines[CHOOSERS];
static unsigned chosen[CHOOSERS];
static _Atomic int arrivals, last_choice;
static double choose_until_ms;

/* Not asleep: all go on at one moment. */
static void meet(int *times)
{
    int all = ++*times * CHOOSERS;

    atomic_fetch_add(&arrivals, 1);
    for (int i = 1; atomic_load(&arrivals) < all; i++)
        if (i % SPINS == 0)
            sched_yield();
}

static void *choose(void *arg)
{
    const int number = (int)(size_t)arg;
    int times = 0, wrong = 0;

    for (int i = 0; i <= last_choice; i++) {
        atomic_store(&engines[number]->instance, 0);
        meet(&times);
        chosen[number] = aur_handle_instance(engines[number]);
        if (number == 0 && now_ms() > choose_until_ms)
            last_choice = i; /* which the others learn when they meet */
        meet(&times);
        for (int other = 0; other < number; other++)
            wrong += chosen[other] == chosen[number];
        meet(&times);
    }
    return (void *)(size_t)wrong;
}

/* Also where they choose them at one moment. */
static void numbers_differ(void)
{
    pthread_t threads[CHOOSERS];
    unsigned first;
    size_t wrong = 0;

    for (size_t i = 0; i < CHOOSERS; i++)
        engines[i] = named("same", &first);
    last_choice = CHOICES - 1;
    choose_until_ms = now_ms() + CHOOSE_MOST_MS;
    for (size_t i = 0; i < CHOOSERS; i++)
        start_threads(&threads[i], 1, choose, (void *)i);
    for (size_t i = 0; i < CHOOSERS; i++) {
        void *result;
        pthread_join(threads[i], &result);
        wrong += (size_t)result;
    }
    is(wrong, 0, "%d engines choose different ones at once, %d times", CHOOSERS, last_choice + 1);
    for (size_t i = 0; i < CHOOSERS; i++)
        auraio_destroy(engines[i]);
}

int main(void)
{
    all_rings_are_counted();
    counters_never_fall();
    workers_are_in_flight();
    names_have_numbers();
    numbers_differ();
    return done();
}
