/* SPDX-License-Identifier: Apache-2.0 */
/* With SQPOLL the kernel's thread takes submissions when it likes: many more than its queue holds,
 * made without a pause, are all carried out, each once. */
#include "outcome.h"

enum { MANY = 900, ROUNDS = 20 };

static int calls[MANY];

static void count(auraio_request_t *req, ssize_t result, void *user_data)
{
    (void)req;
    *(int *)user_data += result == 0 ? 1 : 1000;
}

int main(void)
{
    auraio_options_t options;
    auraio_features_t features;
    int submitted = 0, drained = 0, once = 0;

    test_options(&options);
    options.backend = AURAIO_BACKEND_AUTO;
    options.enable_sqpoll = true;
    options.ring_count = 1;
    options.queue_depth = 1024;
    auraio_engine_t *engine = test_engine(&options);
    struct seen seen = {0};
    is(outcome(engine, auraio_nop(engine, see, &seen), &seen), 0, "an operation");
    is(auraio_get_features(engine, &features), 0, "what is used");
    if (!(features.used >> AURAIO_FEATURE_SQPOLL & 1)) {
        auraio_destroy(engine);
        skip("all are carried out, each once", "the kernel gives no SQPOLL");
        return done();
    }
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < MANY; i++)
            submitted += auraio_nop(engine, count, &calls[i]) != NULL;
        drained += auraio_drain(engine, 60000) >= 0;
    }
    for (int i = 0; i < MANY; i++)
        once += calls[i] == ROUNDS;
    is(submitted, MANY * ROUNDS, "all are accepted");
    is(drained, ROUNDS, "all complete");
    is(once, MANY, "each once");
    auraio_destroy(engine);
    return done();
}
