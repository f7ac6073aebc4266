/* SPDX-License-Identifier: Apache-2.0 */
/* Operations that are in flight at the same time have different handles, on one engine and
 * across engines; each handle names its own operation. */
#include "outcome.h"

enum { ENGINES = 4, EACH = 200, ALL = ENGINES * EACH };

static auraio_request_t *reqs[ALL];
static struct seen seen[ALL];

static int by_value(const void *a, const void *b)
{
    uintptr_t x = (uintptr_t) * (auraio_request_t *const *)a;
    uintptr_t y = (uintptr_t) * (auraio_request_t *const *)b;

    return x < y ? -1 : x > y;
}

int main(void)
{
    auraio_engine_t *engines[ENGINES];
    auraio_options_t options;
    int own = 0, same = 0, none = 0, matching = 0, drained = 0;

    test_options(&options);
    for (int i = 0; i < ENGINES; i++)
        engines[i] = test_engine(&options);
    for (int i = 0; i < ALL; i++)
        reqs[i] = auraio_nop(engines[i % ENGINES], see, &seen[i]);
    for (int i = 0; i < ALL; i++)
        own += auraio_request_user_data(reqs[i]) == &seen[i];
    is(own, ALL, "each handle knows its own operation");
    for (int i = 0; i < ENGINES; i++)
        drained += auraio_drain(engines[i], 60000);
    is(drained, ALL, "all complete");
    for (int i = 0; i < ALL; i++)
        matching += seen[i].calls == 1 && seen[i].req == reqs[i];
    is(matching, ALL, "each callback was given the handle of its submission");
    qsort(reqs, ALL, sizeof reqs[0], by_value);
    for (int i = 0; i < ALL; i++) {
        none += reqs[i] == NULL;
        same += i > 0 && reqs[i] == reqs[i - 1];
    }
    is(none, 0, "no handle is NULL");
    is(same, 0, "no two are the same");
    for (int i = 0; i < ENGINES; i++)
        auraio_destroy(engines[i]);
    return done();
}
