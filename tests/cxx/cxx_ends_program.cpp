// SPDX-License-Identifier: Apache-2.0
// What would leave the kernel with memory that is gone, or an exception with nobody to catch it,
// ends the program with a message.
#include <array>
#include <coroutine>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "cxx_support.hpp"

using auraio::Engine;
using auraio::Request;
using auraio::Task;

static int silent_pipe()
{
    int ends[2];

    if (pipe(ends) != 0)
        bail("pipe");
    return ends[0];
}

static Task<> reads(Engine &engine, int fd)
{
    std::array<char, 16> buf;
    co_await engine.async_read(fd, buf.data(), buf.size(), 0);
}

static Task<> reads_within(Engine &engine, int fd)
{
    co_await reads(engine, fd);
}

// A coroutine of somebody else's kind, which owns itself.
struct Other {
    struct promise_type {
        Other get_return_object()
        {
            return {std::coroutine_handle<promise_type>::from_promise(*this)};
        }
        std::suspend_never initial_suspend()
        {
            return {};
        }
        std::suspend_never final_suspend() noexcept
        {
            return {};
        }
        void return_void()
        {
        }
        void unhandled_exception()
        {
            std::terminate();
        }
    };
    std::coroutine_handle<promise_type> coroutine;
};

static Other other_reads(Engine &engine, int fd)
{
    std::array<char, 16> buf;
    co_await engine.async_read(fd, buf.data(), buf.size(), 0);
}

template <typename Call> static void dies(Call &&call, std::string_view message, const char *what)
{
    const std::string words = last_words(call);
    if (!ok(words.find(message) != std::string::npos && words[0] != '!', "%s", what))
        note("said %s", words.c_str());
}

int main()
{
    dies(
        [] {
            Engine engine = engine_under_test();
            Task<> task = reads(engine, silent_pipe());
            task.resume();
            task = {};
        },
        "auraio: a Task was destroyed before it had ended\n", "a task that waits for a read");
    dies(
        [] {
            Engine engine = engine_under_test();
            std::optional<Task<>> task(reads_within(engine, silent_pipe()));
            task->resume();
            task.reset();
        },
        "auraio: a Task was destroyed before it had ended\n", "a task that waits for such a task");
    dies(
        [] {
            Engine engine = engine_under_test();
            other_reads(engine, silent_pipe()).coroutine.destroy();
        },
        "auraio: a coroutine was destroyed with an operation in flight\n",
        "another coroutine that waits for a read");
    dies(
        [] {
            auto engine = std::make_unique<Engine>(engine_under_test());
            (void)engine->nop([&engine](Request &, ssize_t) { engine.reset(); });
            engine->drain();
        },
        "auraio: an Engine was destroyed in a callback\n", "an engine in its own callback");
    dies(
        [] {
            Engine engine = engine_under_test();
            (void)engine.nop([](Request &, ssize_t) { throw std::runtime_error("thrown"); });
            engine.drain();
        },
        "terminate called after throwing", "a small callback that throws");
    dies(
        [] {
            Engine engine = engine_under_test();
            const auto text = std::make_shared<int>(0);
            (void)engine.nop([text](Request &, ssize_t) { throw std::runtime_error("thrown"); });
            engine.drain();
        },
        "terminate called after throwing", "a large callback that throws");
    return done();
}
