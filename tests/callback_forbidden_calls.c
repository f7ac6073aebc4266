/* SPDX-License-Identifier: Apache-2.0 */
/* What would wait for the callback itself is refused inside it with EDEADLK, and does nothing. */
#include "outcome.h"

enum { CALLS = 9 };

static auraio_engine_t *engine;
static int returned[CALLS], errors[CALLS], in_callback;
static struct seen other;

#define CALL(i, call)                                                                              \
    do {                                                                                           \
        errno = 0;                                                                                 \
        returned[i] = call;                                                                        \
        errors[i] = errno;                                                                         \
    } while (0)

static const char *const names[CALLS] = {
    "poll",
    "wait",
    "wait of 0",
    "wait_n",
    "run",
    "drain",
    "drain of 0",
    "destroy_timeout",
    "destroy_timeout of 0",
};

static void call_them(auraio_request_t *req, ssize_t result, void *user_data)
{
    CALL(0, auraio_poll(engine));
    CALL(1, auraio_wait(engine, -1));
    CALL(2, auraio_wait(engine, 0));
    CALL(3, auraio_wait_n(engine, 2, 1000));
    CALL(4, auraio_run(engine));
    CALL(5, auraio_drain(engine, -1));
    CALL(6, auraio_drain(engine, 0));
    CALL(7, auraio_destroy_timeout(engine, 1000));
    CALL(8, auraio_destroy_timeout(engine, 0));
    auraio_destroy(engine); /* has no way to say so */
    in_callback = auraio_in_callback();
    see(req, result, user_data);
}

int main(void)
{
    struct seen seen = {0};

    engine = test_engine(NULL);
    ok(!auraio_in_callback(), "not in a callback");
    ok(auraio_nop(engine, call_them, &seen), "an operation whose callback calls them all");
    ok(auraio_nop(engine, see, &other), "and another one");
    ok(wait_seen(engine, &seen), "it has run");
    for (int i = 0; i < CALLS; i++) {
        is(returned[i], -1, "%s returned -1", names[i]);
        is(errors[i], EDEADLK, "EDEADLK");
    }
    is(in_callback, 1, "the callback knew what it is");
    ok(!auraio_in_callback(), "not in a callback any more");
    ok(other.calls == 1 || wait_seen(engine, &other), "the other operation completes");
    atomic_store(&seen.calls, 0);
    is(outcome(engine, auraio_nop(engine, see, &seen), &seen), 0, "the engine works on");
    auraio_destroy(engine);
    return done();
}
