/* SPDX-License-Identifier: Apache-2.0 */
/* A signal does not end a wait, but its handler may: auraio_wakeup is async-signal-safe. */
#include "child.h"
#include "slow.h"
#include "threads.h"

#include <sys/time.h>

enum { GENEROUS_MS = 30000, ROUNDS = 100 };

static auraio_engine_t *engine;
static volatile sig_atomic_t handled, woken;

static void handle(int number)
{
    int saved = errno;

    (void)number;
    handled++;
    woken += auraio_wakeup(engine) == 0;
    errno = saved;
}

static void signal_in_us(long us)
{
    struct itimerval timer = {{0, 0}, {0, us}};

    setitimer(ITIMER_REAL, &timer, NULL);
}

int main(void)
{
    struct sigaction action = {.sa_handler = handle};
    struct slow slow;
    int zero = 0;

    need_others_while_asleep();
    if (UNDER_TSAN && !on_threads())
        skip_all("TSan keeps signals back from a thread that takes no lock");
    sigaction(SIGALRM, &action, NULL);
    engine = test_engine(NULL);
    slow_start(engine, &slow);

    raise(SIGALRM);
    is(handled, 1, "a handler ran before the wait");
    double began_ms = now_ms();
    is(auraio_wait(engine, 60000), 0, "which ends at once");
    ok(now_ms() - began_ms < GENEROUS_MS, "not after its time");

    signal_in_us(50000);
    began_ms = now_ms();
    is(auraio_wait(engine, -1), 0, "a handler ends the wait that it interrupts");
    ok(now_ms() - began_ms < GENEROUS_MS, "at once");
    is(handled, 2, "it has run");

    for (int i = 0; i < ROUNDS; i++) {
        signal_in_us(1 + i * 3); /* before the wait, on its way into it, in it */
        zero += auraio_wait(engine, -1) == 0;
    }
    is(zero, ROUNDS, "%d waits without a limit, each ended by a handler", ROUNDS);
    is(woken, handled, "every wake-up succeeded");
    is(slow_finish(engine, &slow), 1, "the operation in flight completes");
    auraio_destroy(engine);
    return done();
}
