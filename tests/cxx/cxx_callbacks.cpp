// SPDX-License-Identifier: Apache-2.0
// Any callable serves as a callback: it is called once and destroyed once, wherever it is kept, and
// once warm nothing is allocated.
#include <array>
#include <memory>
#include <stdexcept>
#include <utility>

#include "count_new.hpp"
#include "cxx_support.hpp"

using auraio::Engine;
using auraio::Request;

static constexpr int in_flight = 32;

// Counts how many of it there are, and throws when it is copied if told so.
struct Tracked {
    static inline int alive = 0;
    static inline bool throws_on_copy = false;

    Tracked()
    {
        alive++;
    }
    Tracked(const Tracked &)
    {
        if (throws_on_copy)
            throw std::runtime_error("no copy");
        alive++;
    }
    ~Tracked()
    {
        alive--;
    }
};

// A callable of any size.
template <std::size_t bytes> struct Big {
    std::array<char, bytes> filler{};
    int *calls;

    void operator()(Request &, ssize_t result) const
    {
        *calls += result == 0 && filler[bytes - 1] == 'z';
    }
};

template <std::size_t bytes> static void call_big(Engine &engine, int &wanted, int &calls)
{
    Big<bytes> big{{}, &calls};

    big.filler[bytes - 1] = 'z';
    (void)engine.nop(big);
    (void)engine.nop(std::move(big));
    wanted += 2;
}

static void all_sizes(Engine &engine)
{
    int wanted = 0, calls = 0;

    call_big<1>(engine, wanted, calls);
    call_big<41>(engine, wanted, calls);
    call_big<60>(engine, wanted, calls);
    call_big<500>(engine, wanted, calls);
    call_big<2000>(engine, wanted, calls);
    call_big<40000>(engine, wanted, calls);
    call_big<65536 - 64>(engine, wanted, calls);
    engine.drain();
    is(calls, wanted, "callables of 16 bytes to 64 KiB");
}

static int free_calls;

static void free_function(Request &, ssize_t)
{
    free_calls++;
}

static void all_kinds(Engine &engine)
{
    int calls = 0;
    const auto constant = [&calls](Request &, ssize_t) { calls++; };
    auto changes = [&calls, count = 0](Request &, ssize_t) mutable { calls += ++count; };
    struct alignas(64) Aligned {
        int *calls;
        void operator()(Request &, ssize_t)
        {
            *calls += reinterpret_cast<std::uintptr_t>(this) % 64 == 0;
        }
    };

    (void)engine.nop(constant);
    (void)engine.nop(changes);
    (void)engine.nop(changes);
    (void)engine.nop(free_function);
    (void)engine.nop(&free_function);
    (void)engine.nop(nullptr);
    (void)engine.nop();
    (void)engine.nop([](auto &request, auto) { free_calls += request.handle() != nullptr; });
    (void)engine.nop(Aligned{&calls});
    (void)engine.nop([&calls](Request &, ssize_t) { return ++calls; });
    is(engine.drain(), 10, "ten operations");
    is(calls, 5, "lambdas, copied where they are lvalues, and one of 64 bytes of alignment");
    is(free_calls, 3, "functions");
}

static void destroyed_once(Engine &engine)
{
    {
        Tracked tracked;
        (void)engine.nop([tracked](Request &, ssize_t) {});
        (void)engine.nop([tracked, filler = std::array<char, 300>()](Request &, ssize_t) {
            note("a large one, of %zu bytes", filler.size());
        });
        ok(Tracked::alive >= 3, "callables live while in flight");
        engine.drain();
        is(Tracked::alive, 1, "and are destroyed after the call");

        const auto call = [tracked](Request &, ssize_t) {};
        is(errno_of([&] { (void)engine.fsync(-1, call); }), EINVAL, "a submission that is refused");
        is(Tracked::alive, 2, "destroys the callable");
        Tracked::throws_on_copy = true;
        ok(throws<std::runtime_error>([&] { (void)engine.nop(call); }),
           "one that cannot be copied");
        Tracked::throws_on_copy = false;
        is(engine.pending_count(), 0, "nothing was submitted");
    }
    is(Tracked::alive, 0, "as many destroyed as made");
}

// Each call submits the next one from inside the callback, with a lambda that can only be moved.
static void move_only_without_allocation(Engine &engine)
{
    struct Chain {
        Engine &engine;
        long left;
        long sum = 0;

        void next(std::unique_ptr<long> number)
        {
            if (left-- <= 0)
                return;
            (void)engine.nop([this, number = std::move(number)](Request &, ssize_t result) mutable {
                sum += *number + result;
                next(std::move(number));
            });
        }
    } chain{engine, 1000};
    const auto round = [&](long operations) {
        chain.left = operations;
        for (int i = 0; i < in_flight; i++)
            chain.next(std::make_unique<long>(1));
        engine.drain();
    };

    round(1000);
    const long before = allocations.load();
    round(100000);
    is(chain.sum, 101000, "a chain of move-only callbacks");
    is(allocations.load() - before, in_flight, "allocates the %d numbers and nothing else",
       in_flight);
}

static void refused_is_released(Engine &engine)
{
    const std::array<char, 200> filler{};
    const auto call = [filler](Request &, ssize_t) { note("%c", filler[0]); };
    const long before = aligned_allocations.load();
    long refused = 0;

    for (int i = 0; i < 1000; i++)
        refused += errno_of([&] { (void)engine.close(-1, call); }) == EINVAL;
    is(refused, 1000, "a thousand submissions that are refused");
    ok(aligned_allocations.load() - before <= 1, "release what they took");
}

int main()
{
    Engine engine = engine_under_test();

    all_sizes(engine);
    all_kinds(engine);
    destroyed_once(engine);
    move_only_without_allocation(engine);
    refused_is_released(engine);
    return done();
}
