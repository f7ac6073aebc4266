/* SPDX-License-Identifier: Apache-2.0 */
/* A process ends, in whichever way, with an engine alive and operations in flight that will not
 * complete: it is gone at once. */
#include "child.h"
#include "slow.h"

#include <sys/resource.h>

enum { GENEROUS_MS = 60000, OPERATIONS = 5 };

static void leave_in_flight(void)
{
    static struct slow slow[OPERATIONS];
    auraio_engine_t *engine = test_engine(NULL);

    for (int i = 0; i < OPERATIONS; i++)
        slow_start(engine, &slow[i]);
    auraio_wait(engine, 20);
}

static int by_return(void *arg)
{
    (void)arg;
    leave_in_flight();
    return 0;
}

static int by_exit(void *arg)
{
    (void)arg;
    leave_in_flight();
    exit(0);
}

static int by_abort(void *arg)
{
    struct rlimit none = {0, 0};

    (void)arg;
    setrlimit(RLIMIT_CORE, &none);
    leave_in_flight();
    abort();
}

static int by_kill(void *arg)
{
    (void)arg;
    leave_in_flight();
    kill(getpid(), SIGKILL);
    return CHILD_FAILED;
}

static void ends(int (*way)(void *), int wanted, const char *what)
{
    double began_ms = now_ms();

    is(in_child(way, NULL), wanted, "%s", what);
    ok(now_ms() - began_ms < GENEROUS_MS, "takes no time (%.0f ms)", now_ms() - began_ms);
}

int main(void)
{
    auraio_destroy(test_engine(NULL));
    ends(by_return, 0, "_exit");
    ends(by_exit, 0, "exit");
    ends(by_abort, CHILD_KILLED + SIGABRT, "abort");
    ends(by_kill, CHILD_KILLED + SIGKILL, "SIGKILL");
    return done();
}
