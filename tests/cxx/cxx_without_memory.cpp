// SPDX-License-Identifier: Apache-2.0
// The Nth operator new fails, once and with all after it, in everything that makes an engine, a
// callback, a batch, a coroutine or a buffer: std::bad_alloc, and nothing else. What was accepted
// is called back once, what was not is destroyed, nothing is lost, and the engine goes on.
#include <array>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "count_new.hpp"
#include "cxx_support.hpp"

using auraio::Batch;
using auraio::Engine;
using auraio::Op;
using auraio::Request;
using auraio::sync_wait;
using auraio::Task;
using auraio::when_all;

static constexpr long most_allocations = 1000; // a scenario with more is counted as endless

// A callable of that size, of which as many are destroyed as are made.
template <std::size_t Bytes> struct Counted {
    inline static long alive = 0;

    explicit Counted(long &to) : calls(&to)
    {
        alive++;
    }
    Counted(const Counted &other) : calls(other.calls)
    {
        alive++;
    }
    ~Counted()
    {
        alive--;
    }
    void operator()(Request &, ssize_t) const
    {
        ++*calls;
    }

    long *calls;
    std::array<char, Bytes> filler{};
};

struct Tally {
    long accepted = 0, called = 0, refused = 0;
    bool is_odd = false; // something else than std::bad_alloc was thrown
};

// Counts what is refused; true when the call went well.
template <typename Call> static bool tried(Tally &tally, Call &&call)
{
    try {
        call();
        return true;
    } catch (const std::bad_alloc &) {
        tally.refused++;
    } catch (const std::exception &error) {
        note("%s", error.what());
        tally.is_odd = true;
    }
    return false;
}

static void with_callbacks(Engine &engine, Tally &tally)
{
    const auto submit = [&](auto call) {
        tally.accepted += tried(tally, [&] { (void)engine.nop(call); });
    };

    submit([&tally](Request &, ssize_t) { tally.called++; });
    submit(Counted<16>(tally.called));
    submit(Counted<200>(tally.called));
    submit(Counted<60000>(tally.called));
}

static void with_batch(Engine &engine, Tally &tally)
{
    Batch batch(engine);
    std::array<Request, 40> requests;

    for (int i = 0; i < 20; i++) {
        tried(tally, [&] { batch.add(Op::nop(), Counted<16>(tally.called)); });
        tried(tally, [&] { batch.add(Op::nop(), Counted<300>(tally.called)); });
    }
    if (!batch.empty() &&
        !tried(tally, [&] { tally.accepted += static_cast<long>(batch.submit(requests)); }))
        tried(tally, [&] { tally.accepted += static_cast<long>(batch.submit()); });
}

static Task<std::unique_ptr<int>> one(Engine &engine, int number)
{
    co_await engine.async_nop();
    co_return std::make_unique<int>(number);
}

static Task<int> sum(Engine &engine)
{
    std::vector<Task<std::unique_ptr<int>>> tasks;
    int all = *co_await one(engine, 1);

    for (int i = 2; i < 5; i++)
        tasks.push_back(one(engine, i));
    for (const std::unique_ptr<int> &number : co_await when_all(std::move(tasks)))
        all += *number;
    auto [five, six] = co_await when_all(one(engine, 5), one(engine, 6));
    co_return all + *five + *six;
}

static void with_coroutines(Engine &engine, Tally &tally)
{
    int got = 21;

    tried(tally, [&] { got = sync_wait(engine, sum(engine)); });
    tally.is_odd |= got != 21;
}

static void with_buffers(Engine &engine, Tally &tally)
{
    std::vector<auraio::Buffer> buffers;

    for (int i = 0; i < 3; i++)
        tried(tally, [&] { buffers.push_back(engine.allocate_buffer(4096)); });
}

static Tally everything()
{
    Tally tally;
    std::optional<Engine> engine;

    if (!tried(tally, [&] { engine.emplace(options_under_test()); }))
        return tally;
    with_callbacks(*engine, tally);
    with_batch(*engine, tally);
    with_coroutines(*engine, tally);
    with_buffers(*engine, tally);
    tried(tally, [&] { engine->drain(); });
    first_refused = 0;
    tally.accepted++;
    (void)engine->nop(Counted<200>(tally.called));
    engine->drain();
    return tally;
}

static long living()
{
    return living_allocations.load() + Counted<16>::alive + Counted<200>::alive +
           Counted<300>::alive + Counted<60000>::alive;
}

// Whether the Nth was met; what is wrong is told.
static bool is_met(long nth, bool ever_after, bool &good)
{
    const long before = living();

    refusals = 0;
    refuses_ever_after = ever_after;
    first_refused = allocations.load() + nth;
    const Tally tally = everything();
    first_refused = 0;
    good = !tally.is_odd && tally.called == tally.accepted && living() == before &&
           (tally.refused > 0) == (refusals.load() > 0);
    if (!good)
        note("allocation %ld: %ld refused, %ld accepted, %ld called, %ld kept", nth, tally.refused,
             tally.accepted, tally.called, living() - before);
    return refusals.load() > 0;
}

int main()
{
    {
        Engine engine = engine_under_test();
        (void)sync_wait(engine, sum(engine)); // what is made once and stays
    }
    for (const bool ever_after : {false, true}) {
        long nth = 1;
        bool good = true;

        while (is_met(nth, ever_after, good) && good && nth < most_allocations)
            nth++;
        ok(good && nth > 10 && nth < most_allocations, "each of %ld allocations fails%s", nth - 1,
           ever_after ? " with all after it" : "");
    }
    return done();
}
