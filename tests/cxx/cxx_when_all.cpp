// SPDX-License-Identifier: Apache-2.0
// when_all has its tasks under way at once and ends when all have ended, failed ones too.
#include <memory>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "cxx_support.hpp"

using auraio::Engine;
using auraio::sync_wait;
using auraio::Task;
using auraio::when_all;

static constexpr std::size_t block = 4096, blocks = 1000;

static Task<ssize_t> read_block(Engine &engine, int fd, char *buf, std::size_t i)
{
    co_return co_await engine.async_read(fd, buf, block, static_cast<std::int64_t>(i * block));
}

static void thousand_reads(Engine &engine)
{
    const int fd = scratch_file("data", block * blocks, 0);
    std::vector<char> buf(block * blocks);
    std::vector<Task<ssize_t>> tasks;

    for (std::size_t i = 0; i < blocks; i++)
        tasks.push_back(read_block(engine, fd, buf.data() + i * block, i));
    const std::vector<ssize_t> results = sync_wait(engine, when_all(std::move(tasks)));
    std::size_t whole = 0;
    for (const ssize_t result : results)
        whole += result == block;
    is(whole, blocks, "a thousand reads");
    ok(matches_pattern(buf.data(), buf.size(), 0), "of the right data");
}

static Task<> after_nops(Engine &engine, int nops, int &ended)
{
    for (int i = 0; i < nops; i++)
        co_await engine.async_nop();
    ended++;
}

static Task<std::string> named(Engine &engine, const char *name)
{
    co_await engine.async_nop();
    co_return name;
}

static Task<std::unique_ptr<int>> fails_after(Engine &engine, int nops, int number)
{
    for (int i = 0; i < nops; i++)
        co_await engine.async_nop();
    if (number < 0)
        throw std::invalid_argument("negative");
    if (number == 0)
        throw std::out_of_range("nothing");
    co_return std::make_unique<int>(number);
}

static void of_several_types(Engine &engine)
{
    int ended = 0;
    auto [nothing, name, number] =
        sync_wait(engine, when_all(after_nops(engine, 3, ended), named(engine, "a name"),
                                   fails_after(engine, 1, 5)));

    static_assert(std::is_same_v<decltype(nothing), std::monostate>);
    is(ended, 1, "a task without a result");
    is_text(name, "a name", "one with a string");
    is(*number, 5, "one whose result can only be moved");
    is(std::tuple_size_v<decltype(sync_wait(engine, when_all()))>, 0, "none at all");
    sync_wait(engine, when_all());
    is(sync_wait(engine, when_all(std::vector<Task<>>())).size(), 0, "an empty vector");
}

static void with_failures(Engine &engine)
{
    int ended = 0;

    ok(throws<std::invalid_argument>([&] {
           sync_wait(engine, when_all(after_nops(engine, 9, ended), fails_after(engine, 5, -1),
                                      fails_after(engine, 1, 0)));
       }),
       "the first in the order of the tasks is thrown");
    is(ended, 1, "and the others have ended");
}

static Task<int> tree(Engine &engine, int depth)
{
    if (depth == 0) {
        co_await engine.async_nop();
        co_return 1;
    }
    const auto [left, right] = co_await when_all(tree(engine, depth - 1), tree(engine, depth - 1));
    co_return left + right;
}

// Ends in the loop that begins its tasks, so when_all never waits.
static Task<int> immediately(int number)
{
    co_return number;
}

static void with_one_that_cannot_begin(Engine &engine)
{
    ok(throws<std::logic_error>([&] { sync_wait(engine, when_all(immediately(1), Task<int>())); }),
       "an empty Task among them is refused");
    std::vector<Task<int>> tasks;
    tasks.push_back(immediately(1));
    tasks.push_back(immediately(2));
    tasks.back().resume();
    ok(throws<std::logic_error>([&] { sync_wait(engine, when_all(std::move(tasks))); }),
       "and one that has begun");
}

int main()
{
    Engine engine = engine_under_test(options_under_test().queue_depth(2048));

    thousand_reads(engine);
    of_several_types(engine);
    with_failures(engine);
    is(sync_wait(engine, tree(engine, 7)), 128, "a tree of tasks");
    const auto [one, two] = sync_wait(engine, when_all(immediately(1), immediately(2)));
    is(one + two, 3, "tasks that do not wait");
    with_one_that_cannot_begin(engine);
    return done();
}
