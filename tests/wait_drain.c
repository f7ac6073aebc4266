/* SPDX-License-Identifier: Apache-2.0 */
/* drain returns when nothing is in flight or held back, what callbacks have submitted included,
 * or at its deadline with work left. */
#include "slow.h"

enum { ROWS = 16, LINKS = 50, SHORT_MS = 50, LEAST_MS = 45, GENEROUS_MS = 30000 };

static auraio_engine_t *engine;
static int called;

static void next_link(auraio_request_t *req, ssize_t result, void *user_data)
{
    int *left = user_data;

    (void)req;
    (void)result;
    called++;
    if (--*left > 0)
        auraio_nop(engine, next_link, left);
}

int main(void)
{
    struct slow slow[3];
    int left[ROWS], accepted = 0;
    auraio_options_t options;

    test_options(&options);
    options.disable_adaptive = true;
    engine = test_engine(&options);
    is(auraio_drain(engine, -1), 0, "nothing to drain");
    is(auraio_drain(engine, 0), 0, "in no time");
    for (int i = 0; i < ROWS; i++) {
        left[i] = LINKS;
        accepted += auraio_nop(engine, next_link, &left[i]) != NULL;
    }
    is(accepted, ROWS, "operations whose callbacks submit more");
    is(auraio_drain(engine, -1), ROWS * LINKS, "all are drained and counted");
    is(called, ROWS * LINKS, "every callback has run");
    is(auraio_pending_count(engine), 0, "nothing is pending");

    is(auraio_set_max_in_flight(engine, 1), 0, "one at a time");
    for (int i = 0; i < 3; i++)
        slow_start(engine, &slow[i]);
    double began_ms = now_ms();
    errno = 0;
    is(auraio_drain(engine, SHORT_MS), -1, "what does not end cannot be drained");
    is(errno, ETIMEDOUT, "ETIMEDOUT");
    double took_ms = now_ms() - began_ms;
    ok(took_ms >= LEAST_MS && took_ms < GENEROUS_MS, "after its time (%.0f ms)", took_ms);
    errno = 0;
    is(auraio_drain(engine, 0), -1, "in no time neither");
    is(errno, ETIMEDOUT, "ETIMEDOUT");
    is(auraio_pending_count(engine), 3, "one in flight and two held back");
    for (int i = 0; i < 3; i++)
        slow_end(&slow[i]);
    is(auraio_drain(engine, 60000), 3, "all three are drained");
    for (int i = 0; i < 3; i++) {
        is(slow[i].seen.calls == 1 ? slow[i].seen.result : -1, 1, "number %d has run", i);
        slow_close(&slow[i]);
    }
    auraio_destroy(engine);
    return done();
}
