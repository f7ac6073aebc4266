/* SPDX-License-Identifier: Apache-2.0 */
/* A wait looks at the completion queue where that finds something, and hardly where not. */
#include "kern.h"
#include "spin.h"
#include "tap.h"
#include "uring.h"

#include <stdlib.h>

#define WAITS 100000

/* A queue in which a completion comes some time after the look began. The clock moves by reading.
 */
static _Atomic unsigned head, tail, flags;
static struct uring uring = {.cq_head = &head, .cq_tail = &tail, .sq_flags = &flags};
static uint64_t now, comes_at = UINT64_MAX;
static long readings;
static bool asks_to_be_entered;

static uint64_t clock_that_runs(void)
{
    readings++;
    now += 100;
    if (now >= comes_at) {
        if (asks_to_be_entered)
            flags = IORING_SQ_TASKRUN;
        else
            tail = head + 1;
    }
    return now;
}

/* One wait for a completion that comes after so long; true when it was found by looking. */
static bool wait_for_one(struct spin *spin, uint64_t after_ns)
{
    comes_at = now + after_ns;
    bool found = spin_is_due(spin) && aur_spin(spin, &uring);
    now = comes_at;
    head = tail;
    flags = 0;
    return found;
}

static long found_of(struct spin *spin, long waits, uint64_t after_ns)
{
    long found = 0;

    readings = 0;
    for (long i = 0; i < waits; i++)
        found += wait_for_one(spin, after_ns);
    return found;
}

static void learns(void)
{
    struct spin spin;

    aur_spin_init(&spin);
    is(spin.longest_ns, SPIN_US * 1000, "20 us at most");
    is(found_of(&spin, 1000, 5000), 1000, "what comes within 5 us is found, each time");
    asks_to_be_entered = true;
    is(found_of(&spin, 1000, 5000), 1000, "likewise when the kernel asks to be entered");
    asks_to_be_entered = false;

    is(found_of(&spin, WAITS, 100000), 0, "what comes after 100 us is not");
    ok(readings < WAITS / 2, "and is hardly looked for: %ld readings of the clock in %d waits",
       readings, WAITS);
    found_of(&spin, 2048, 5000);
    is(found_of(&spin, 1000, 5000), 1000,
       "after at most a thousand waits a faster device is noticed");

    long found = 0;
    for (int i = 0; i < 1000; i++)
        found += wait_for_one(&spin, i % 8 ? 5000 : 100000);
    is(found, 875, "one in eight in vain: looked for each time");
    found = 0;
    for (int i = 0; i < 1000; i++)
        found += wait_for_one(&spin, i % 2 ? 5000 : 100000);
    ok(found < 100, "every second one in vain: hardly (%ld found)", found);
}

static uint64_t longest(const char *text)
{
    struct spin spin;

    setenv("AURAIO_SPIN_US", text, 1);
    aur_spin_init(&spin);
    return spin.longest_ns;
}

static void obeys(void)
{
    struct spin spin;

    is(longest("7"), 7000, "so many microseconds");
    is(longest("5000"), 1000000, "a millisecond at most");
    is(longest("99999999999999999999"), SPIN_US * 1000, "what is no number is as nothing");
    is(longest("7x"), SPIN_US * 1000, "likewise");
    is(longest("-1"), SPIN_US * 1000, "likewise");
    is(longest(""), SPIN_US * 1000, "likewise");
    is(longest("x"), SPIN_US * 1000, "likewise");
    is(longest("0"), 0, "or never");
    aur_spin_init(&spin);
    is(found_of(&spin, 100, 0), 0, "then nothing is found");
    is(readings, 0, "nor looked for");
}

static uint64_t clock_that_stands_still(void)
{
    return now;
}

static void ends_without_clock(void)
{
    struct spin spin = {.longest_ns = SPIN_US * 1000};

    aur_kern.now_ns = clock_that_stands_still;
    ok(!aur_spin(&spin, &uring), "nothing comes, and the look ends");
}

int main(void)
{
    aur_kern.now_ns = clock_that_runs;
    learns();
    obeys();
    ends_without_clock();
    return done();
}
