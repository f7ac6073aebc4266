/* SPDX-License-Identifier: Apache-2.0 */
/* epoll refuses to watch rings. They tell of their completions by an eventfd, so a wait over
 * several rings and the poll descriptor sleep until there is one; the log says so once. When that
 * is refused too a wait looks again and again, and nothing is missed. */
#include "kern.h"
#include "slow.h"
#include "threads.h"

#include <poll.h>

enum { SLEEP_MS = 200, PATIENCE_MS = 60000, FEW = 20, RINGS = 2 };

static _Atomic int rings_seen, looks, told;
static bool refuses_eventfd;

/* The first two descriptors are the engine's own. */
static int epoll_add(int epfd, int fd, uint64_t data)
{
    if (atomic_fetch_add(&rings_seen, 1) >= 2)
        return -ENOSPC;
    return aur_kern_real.epoll_add(epfd, fd, data);
}

static int uring_register(int fd, unsigned op, const void *arg, unsigned n)
{
    if (op == IORING_REGISTER_EVENTFD && refuses_eventfd)
        return -ENOMEM;
    return aur_kern_real.uring_register(fd, op, arg, n);
}

static int epoll_wait_counted(int epfd, uint64_t *data, int max, int timeout_ms)
{
    atomic_fetch_add(&looks, 1);
    return aur_kern_real.epoll_wait(epfd, data, max, timeout_ms);
}

static void count_messages(int level, const char *message, void *unused)
{
    (void)unused;
    if (level == AURAIO_LOG_WARN && strstr(message, "epoll"))
        atomic_fetch_add(&told, 1);
}

static void *end_later(void *slow)
{
    sleep_ms(SLEEP_MS);
    if (refuses_eventfd)
        reaches(&looks, FEW + 1);
    slow_end(slow);
    return NULL;
}

/* Of reads on two rings one ends while a wait, or a poll of the descriptor, sleeps. */
static void one_ends(auraio_engine_t *engine, struct slow *slow, int poll_fd, const char *what)
{
    struct pollfd pfd = {.fd = poll_fd, .events = POLLIN};
    pthread_t thread;
    int n = 0;

    start_threads(&thread, 1, end_later, slow);
    for (double end_ms = now_ms() + PATIENCE_MS; !n && now_ms() < end_ms;) {
        if (poll_fd < 0)
            n = auraio_wait(engine, PATIENCE_MS);
        else if (poll(&pfd, 1, PATIENCE_MS) > 0)
            n = auraio_poll(engine);
    }
    join_threads(&thread, 1);
    is(n, 1, "%s: it comes", what);
    is(slow->seen.calls, 1, "%s: and is called back", what);
    slow_close(slow);
}

static void with(const char *what, bool refused)
{
    struct slow slow[2 * RINGS + 1];
    auraio_options_t options;

    atomic_store(&rings_seen, 0);
    atomic_store(&told, 0);
    refuses_eventfd = refused;
    test_options(&options);
    options.backend = AURAIO_BACKEND_URING;
    options.ring_count = RINGS;
    options.ring_select = AURAIO_SELECT_ROUND_ROBIN;
    auraio_engine_t *engine = test_engine(&options);
    for (int i = 0; i < 2 * RINGS; i++)
        slow_start(engine, &slow[i]);
    atomic_store(&looks, 0);
    one_ends(engine, &slow[0], -1, what);
    if (!refused)
        ok(atomic_load(&looks) < FEW, "%s: a wait sleeps (%d looks)", what, atomic_load(&looks));
    else
        ok(atomic_load(&looks) > FEW, "%s: a wait looks often", what);
    is(atomic_load(&told), 1, "%s: it is told once", what);
    int fd = auraio_get_poll_fd(engine);
    if (refused) {
        ok(fd < 0, "%s: there is no poll descriptor", what);
    } else {
        while (auraio_poll(engine))
            ;
        one_ends(engine, &slow[1], fd, "poll descriptor");
    }
    for (int i = refused ? 1 : 2; i < 2 * RINGS; i++)
        slow_end(&slow[i]);
    ok(auraio_drain(engine, PATIENCE_MS) > 0, "%s: the others end", what);
    auraio_destroy(engine);
}

/* A ring that defers its work until its thread comes has nothing else to tell epoll with. */
static void of_one_thread(void)
{
    auraio_options_t options;

    atomic_store(&rings_seen, 0);
    aur_kern.epoll_add = aur_kern_real.epoll_add;
    refuses_eventfd = true;
    test_options(&options);
    options.backend = AURAIO_BACKEND_URING;
    options.single_thread = true;
    auraio_engine_t *engine = test_engine(&options);
    struct slow slow;
    slow_start(engine, &slow);
    errno = 0;
    int none = auraio_get_poll_fd(engine);
    ok(none == -1 && errno == ENOMEM, "one thread, its ring tells nobody: no descriptor");
    refuses_eventfd = false;
    ok(auraio_get_poll_fd(engine) >= 0, "one thread, its ring tells: there is one");
    slow_end(&slow);
    ok(auraio_drain(engine, PATIENCE_MS) > 0, "one thread: the read ends");
    slow_close(&slow);
    auraio_destroy(engine);
}

int main(void)
{
    auraio_set_log_handler(count_messages, NULL);
    aur_kern.epoll_add = epoll_add;
    aur_kern.uring_register = uring_register;
    aur_kern.epoll_wait = epoll_wait_counted;
    with("an eventfd", false);
    with("nothing", true);
    of_one_thread();
    return done();
}
