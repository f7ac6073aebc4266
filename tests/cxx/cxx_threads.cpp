// SPDX-License-Identifier: Apache-2.0
// Several threads submit callables to one engine and several complete them; coroutines go on where
// their operations complete.
#include <array>
#include <atomic>
#include <memory>
#include <numeric>
#include <thread>
#include <utility>
#include <vector>

#include "cxx_support.hpp"

using auraio::Engine;
using auraio::Request;
using auraio::Task;

static constexpr int submitters = 3, pollers = 2, each = 20000;

// Submissions that find no room are repeated.
template <typename Call> static void submit(Engine &engine, Call call)
{
    for (;;) {
        try {
            (void)engine.nop(call);
            return;
        } catch (const auraio::Error &error) {
            if (!error.is_again())
                throw;
            std::this_thread::yield();
        }
    }
}

// What a callable carries is as it was put there, in slots of three sizes.
static void callables_cross_threads(Engine &engine)
{
    std::atomic<long> calls{0}, sum{0};
    std::atomic<bool> ends{false};
    std::vector<std::thread> threads;

    for (int i = 0; i < pollers; i++)
        threads.emplace_back([&] {
            while (!ends)
                engine.wait();
        });
    std::vector<std::thread> submitting;
    for (int t = 0; t < submitters; t++)
        submitting.emplace_back([&, t] {
            for (int i = 0; i < each; i++) {
                const auto token = std::make_shared<int>(i);
                std::array<int, 40> numbers;
                numbers.fill(i);
                if (i % 3 == 0)
                    submit(engine, [&calls](Request &, ssize_t) { calls++; });
                else if (i % 3 == 1)
                    submit(engine, [&calls, &sum, token, t](Request &, ssize_t) {
                        sum += *token + 0 * t;
                        calls++;
                    });
                else
                    submit(engine, [&calls, &sum, numbers](Request &, ssize_t) {
                        sum += std::accumulate(numbers.begin(), numbers.end(), 0) / 40;
                        calls++;
                    });
            }
        });
    for (std::thread &thread : submitting)
        thread.join();
    while (calls < long{submitters} * each)
        std::this_thread::yield();
    ends = true;
    for (std::thread &thread : threads) {
        while (!engine.wakeup())
            ;
        thread.join();
    }
    long wanted = 0;
    for (int i = 0; i < each; i++)
        wanted += i % 3 ? i : 0;
    is(sum.load(), submitters * wanted, "60000 callables of three sizes");
}

static Task<long> reads_on(Engine &engine, int fd, int times)
{
    std::array<char, 512> buf;
    long good = 0;

    for (int i = 0; i < times; i++) {
        const std::int64_t offset = i % 8 * 512;
        const ssize_t n = co_await engine.async_read(fd, buf.data(), buf.size(), offset);
        good += n == 512 && matches_pattern(buf.data(), 512, static_cast<std::uint64_t>(offset));
    }
    co_return good;
}

static Task<long> several(Engine &engine, int fd)
{
    std::vector<Task<long>> tasks;
    for (int i = 0; i < 8; i++)
        tasks.push_back(reads_on(engine, fd, 500));
    long sum = 0;
    for (const long good : co_await auraio::when_all(std::move(tasks)))
        sum += good;
    co_return sum;
}

// Each waits for its own tasks, and completes those of the others.
static void coroutines_cross_threads(Engine &engine)
{
    const int fd = scratch_file("data", 4096, 0);
    std::vector<std::thread> threads;
    std::atomic<long> good{0};

    for (int t = 0; t < 3; t++)
        threads.emplace_back([&] {
            for (int round = 0; round < 3; round++)
                good += sync_wait(engine, several(engine, fd));
        });
    for (std::thread &thread : threads)
        thread.join();
    is(good.load(), 3 * 3 * 8 * 500, "36000 reads by tasks of three threads");
    for (int i = 0; i < 300; i++)
        good -= sync_wait(engine, reads_on(engine, fd, 1));
    is(good.load(), 36000 - 300, "short tasks");
}

int main()
{
    Engine engine = engine_under_test();

    callables_cross_threads(engine);
    coroutines_cross_threads(engine);
    return done();
}
