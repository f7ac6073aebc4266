// SPDX-License-Identifier: Apache-2.0
// A task that waits for something else than the engine: sync_wait sleeps meanwhile, on an engine of
// one thread too, where a wait does not.
#include <array>
#include <cerrno>
#include <thread>

#include <auraio.h>

// Every wait of the binding is counted.
static int waits;

static inline int counted_wait(auraio_engine_t *engine, int timeout_ms)
{
    waits++;
    return auraio_wait(engine, timeout_ms);
}
#define auraio_wait counted_wait
#include "cxx_resumed.hpp"
#include "cxx_support.hpp"

using auraio::Engine;
using auraio::Task;

static constexpr int later_ms = 300, most_waits = 5;

// What is in flight completes while the thread sleeps for something else.
static Task<ssize_t> reads_then_later(Engine &engine, int fd)
{
    std::array<char, 512> buf;
    const ssize_t n = co_await engine.async_read(fd, buf.data(), buf.size(), 0);

    co_return n + co_await later(1);
}

static Task<ssize_t> reads_byte(Engine &engine, int fd)
{
    char byte;

    co_return co_await engine.async_read(fd, &byte, 1, 0);
}

// The owner of a single_thread engine is the thread that has submitted. Another one is refused
// before its task begins: while something is in flight it could not wait for a task that had begun,
// nor destroy it.
static void by_another_thread(Engine &engine)
{
    int ends[2];
    bool has_begun = false;
    const auto begins = [&]() -> Task<int> {
        has_begun = true;
        co_return co_await later(1);
    };
    int error = -1;

    if (pipe(ends) != 0)
        bail("pipe: %s", std::strerror(errno));
    Task<ssize_t> in_flight = reads_byte(engine, ends[0]);
    in_flight.resume();
    std::thread([&] { error = errno_of([&] { sync_wait(engine, begins()); }); }).join();
    is(error, on_single() ? EPERM : 0, "by another thread than the owner");
    is(has_begun, !on_single(), "... before the task begins");
    is(write(ends[1], "", 1), 1, "the owner");
    while (!in_flight.done())
        engine.wait();
    is(in_flight.get(), 1, "... goes on");
}

int main()
{
    Engine engine = engine_under_test();
    const int fd = scratch_file("data", 4096, 0);

    is(sync_wait(engine, later(later_ms)), later_ms, "a task that another thread resumes");
    ok(waits < most_waits, "meanwhile this thread does not wait again and again (%d)", waits);
    for (int i = 0; i < 50; i++)
        if (sync_wait(engine, reads_then_later(engine, fd)) != 513)
            ok(false, "a read, then something else");
    by_another_thread(engine);
    return done();
}
