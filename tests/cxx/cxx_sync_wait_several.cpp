// SPDX-License-Identifier: Apache-2.0
// Several threads in sync_wait on one engine: each returns when its own task has ended, whoever
// completes it, and none wakes for nothing.
#include <array>
#include <atomic>
#include <cerrno>
#include <thread>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

#include "cxx_resumed.hpp"
#include "cxx_support.hpp"

using auraio::Engine;
using auraio::Task;

static constexpr int threads = 4, rounds = 500, later_ms = 300;

// A task moves between the threads: that of the leader, and those that resume it.
static Task<int> mixed(Engine &engine, int fd, int round)
{
    std::array<char, 512> buf;

    if (round % 3 == 0)
        co_await later(round % 2);
    if (round % 3 != 1)
        co_return static_cast<int>(co_await engine.async_read(fd, buf.data(), buf.size(), 0));
    co_await engine.async_nop();
    co_return 512;
}

static void all_return(Engine &engine, int fd)
{
    std::vector<std::thread> waiting;
    std::atomic<int> good{0};

    for (int t = 0; t < threads; t++)
        waiting.emplace_back([&, t] {
            for (int i = 0; i < rounds; i++)
                good += sync_wait(engine, mixed(engine, fd, i + t)) == 512;
        });
    for (std::thread &thread : waiting)
        thread.join();
    is(good.load(), threads * rounds, "tasks of four threads");
}

static void nobody_looks_in_between(Engine &engine)
{
    const auto before = engine.get_stats().wait_calls();
    std::vector<std::thread> waiting;
    std::atomic<int> good{0};

    for (int t = 0; t < threads; t++)
        waiting.emplace_back([&] { good += sync_wait(engine, later(later_ms)) == later_ms; });
    for (std::thread &thread : waiting)
        thread.join();
    const auto waits = engine.get_stats().wait_calls() - before;
    is(good.load(), threads, "four that are resumed after a while");
    ok(waits <= 10 * threads, "meanwhile they sleep (%d waits)", static_cast<int>(waits));
}

// Other threads wait in the library, and use wake-ups up.
static void beside_other_waits(Engine &engine, int fd)
{
    std::atomic<bool> over{false};
    std::vector<std::thread> others;

    for (int t = 0; t < 2; t++)
        others.emplace_back([&] {
            while (!over)
                engine.wait();
        });
    all_return(engine, fd);
    over = true;
    engine.wakeup();
    for (std::thread &thread : others)
        thread.join();
}

// The thread that leads is not in the child, and has perhaps the lock.
static void refused_in_a_child(Engine &engine)
{
    const auto before = engine.get_stats().wait_calls();
    std::thread leader([&] { sync_wait(engine, later(later_ms)); });
    int status = -1;

    while (engine.get_stats().wait_calls() == before)
        std::this_thread::yield();
    const pid_t child = fork();
    if (child == 0) {
        alarm(20);
        try {
            sync_wait(engine, later(0));
        } catch (const auraio::Error &error) {
            _exit(error.errno_value() == EOWNERDEAD ? 0 : 1);
        }
        _exit(2);
    }
    waitpid(child, &status, 0);
    leader.join();
    is(status, 0, "in a child, beside a thread of the parent that leads: EOWNERDEAD");
}

int main()
{
    Engine engine = engine_under_test();
    const int fd = scratch_file("data", 4096, 0);

    nobody_looks_in_between(engine);
    refused_in_a_child(engine);
    all_return(engine, fd);
    beside_other_waits(engine, fd);
    return done();
}
