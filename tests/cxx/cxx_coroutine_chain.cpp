// SPDX-License-Identifier: Apache-2.0
// A million awaits use no stack and allocate nothing, whether each waits for an operation or ends
// at once, one after the other or one inside the other.
#include <algorithm>
#include <cstdint>
#include <vector>

#include "count_new.hpp"
#include "cxx_support.hpp"

using auraio::Engine;
using auraio::sync_wait;
using auraio::Task;

static constexpr long million = 1000000, block = 4096;

// Operations that are waited for. On threads each changes threads twice, and a tenth shows the
// same.
static long waits()
{
    return on_threads() ? million / 10 : million;
}

// How far the stack reached down since reset.
static std::uintptr_t lowest;

[[gnu::noinline]] static void look_at_stack()
{
    lowest = std::min(lowest, reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0)));
}

[[gnu::noinline]] static std::uintptr_t stack_here()
{
    return reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
}

template <typename Make>
static void runs_flat(Engine &engine, long count, Make &&make, const char *what)
{
    const std::uintptr_t begin = lowest = stack_here();
    const long sum = sync_wait(engine, make());

    is(sum, count, "%s: %ld", what, count);
    if (!ok(begin - lowest < 128 * 1024, "with little stack"))
        note("%ld bytes", static_cast<long>(begin - lowest));
}

static Task<long> nops(Engine &engine, long &allocated)
{
    long ended = 0;

    co_await engine.async_nop(); // the ring comes into being
    const long before = allocations.load();
    for (long i = 0; i < waits(); i++) {
        co_await engine.async_nop();
        look_at_stack();
        ended++;
    }
    allocated = allocations.load() - before;
    co_return ended;
}

static Task<long> reads(Engine &engine, int fd, std::vector<char> &buf, long &allocated)
{
    const long before = allocations.load();
    long good = 0;

    for (long i = 0; i < waits() / 10; i++) {
        const ssize_t n = co_await engine.async_read(fd, buf.data(), block, i % 16 * block);
        good += n == block;
    }
    allocated = allocations.load() - before;
    co_return good;
}

static Task<long> one()
{
    look_at_stack();
    co_return 1;
}

static Task<long> many_that_end_at_once()
{
    long sum = 0;

    for (long i = 0; i < million; i++)
        sum += co_await one();
    co_return sum;
}

static Task<long> one_after_nop(Engine &engine)
{
    co_await engine.async_nop();
    look_at_stack();
    co_return 1;
}

static Task<long> many_that_wait(Engine &engine)
{
    long sum = 0;

    for (long i = 0; i < waits(); i++)
        sum += co_await one_after_nop(engine);
    co_return sum;
}

static Task<long> nested(Engine &engine, long depth)
{
    look_at_stack();
    if (depth == 0)
        co_await engine.async_nop();
    const long below = depth ? co_await nested(engine, depth - 1) : -1;
    look_at_stack();
    co_return below + 1;
}

int main()
{
    Engine engine = engine_under_test();
    std::vector<char> buf(block);
    const int fd = scratch_file("data", 16 * block, 0);
    long allocated = -1;

    runs_flat(
        engine, waits(), [&] { return nops(engine, allocated); }, "operations in a loop");
    is(allocated, 0, "and not one allocation");
    is(sync_wait(engine, reads(engine, fd, buf, allocated)), waits() / 10, "reads of a file");
    is(allocated, 0, "and not one allocation");
    const auto last = static_cast<uint64_t>(waits() / 10 - 1);
    ok(matches_pattern(buf.data(), block, last % 16 * block), "of the right data");
    runs_flat(
        engine, million, [&] { return many_that_end_at_once(); }, "tasks that end at once");
    runs_flat(
        engine, waits(), [&] { return many_that_wait(engine); }, "tasks that wait");
    runs_flat(
        engine, million, [&] { return nested(engine, million); }, "tasks inside each other");
    return done();
}
