/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The threshold that the library chooses under a limit: a program that gathers in
 * bursts of whatever length comes to 8 to 16 submissions a call, or as near as its
 * bursts allow, and then it stays there.
 */
#include "batch.h"
#include "tap.h"

#include <stdbool.h>

enum { BURSTS = 1000, STEPS = 40, LAST_STEPS = 10 };

/* A burst ends with a wait, which sends what is left. */
static unsigned calls_of(unsigned burst, unsigned batch)
{
    return (burst + batch - 1) / batch;
}

static unsigned next_of(unsigned burst, unsigned batch)
{
    return batch_tuned(batch, (uint64_t)BURSTS * burst, (uint64_t)BURSTS * calls_of(burst, batch));
}

/* Where it settles from a beginning; 0: nowhere. */
static unsigned settled(unsigned burst, unsigned batch)
{
    for (int i = 0; i < STEPS; i++)
        batch = next_of(burst, batch);
    return next_of(burst, batch) == batch ? batch : 0;
}

static bool is_right(unsigned burst, unsigned batch)
{
    double per_call = batch ? (double)burst / calls_of(burst, batch) : 0;

    if (!batch)
        return false;
    if (burst < BATCH_LEAST) /* each wait sends what there is: no threshold brings more together */
        return calls_of(burst, batch) == 1;
    return per_call > 0.9 * BATCH_LEAST && per_call <= BATCH_TWICE;
}

static void bursts(unsigned from, const char *name)
{
    unsigned wrong = 0, burst = 1;

    for (; burst <= 1000 && !wrong; burst++)
        if (!is_right(burst, settled(burst, from)))
            wrong = burst;
    ok(!wrong, "bursts of 1 to 1000, from %s: right (%u)", name, wrong);
}

int main(void)
{
    bursts(BATCH_MOST, "the most");
    bursts(BATCH_LEAST, "the least");
    is(batch_tuned(32, 32 * (BATCH_CALLS - 1), BATCH_CALLS - 1), 32, "few calls change nothing");
    is(batch_tuned(32, 0, 1000), BATCH_MOST, "nor do calls without submissions");
    is(batch_tuned(32, UINT64_MAX / BATCH_TWICE / 2, BATCH_CALLS), BATCH_LEAST, "no overflow");
    is(batch_tuned(20, 12 * 1000, 1000), 20, "within the range it stays");
    return done();
}
