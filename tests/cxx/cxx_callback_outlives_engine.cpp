// SPDX-License-Identifier: Apache-2.0
// What a callback consists of is there until it has returned, although its engine is gone: in a
// child that it forked and in which it destroyed the engine, and where a destructor that had to
// give up found it running.
#include <array>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <thread>
#include <vector>

#include <auraio.h>

// Ten seconds are too long for a test.
static inline int destroy_soon(auraio_engine_t *engine, int)
{
    return auraio_destroy_timeout(engine, 50);
}
#define auraio_destroy_timeout destroy_soon
#include "cxx_support.hpp"

using auraio::Engine;
using auraio::Request;

// Too big for a pointer; says at its end whether it is still what it was.
class Witness
{
  public:
    explicit Witness(std::atomic<int> *ends) noexcept : ends_(ends)
    {
        words_.fill(mark);
    }
    Witness(const Witness &) = default;
    ~Witness()
    {
        if (is_whole())
            ++*ends_;
    }
    bool is_whole() const noexcept
    {
        for (const unsigned word : words_)
            if (word != mark)
                return false;
        return true;
    }

  private:
    static constexpr unsigned mark = 0xfeedbeef;
    std::atomic<int> *ends_;
    std::array<unsigned, 100> words_;
};

// Takes what memory was freed, writes to it, and gives it back when it has all.
static void use_freed_memory()
{
    std::vector<void *> taken;

    for (std::size_t size = 64; size <= 65536; size += size / 2)
        for (int i = 0; i < 64; i++)
            if (void *memory = std::malloc(size)) {
                std::memset(memory, 0xff, size);
                taken.push_back(memory);
            }
    for (void *memory : taken)
        std::free(memory);
}

static int in_a_child()
{
    auto engine = std::make_unique<Engine>(engine_under_test());
    std::atomic<int> ends{0};
    bool was_whole = false;
    pid_t child = -1;
    int status = 0;

    {
        const Witness witness(&ends);
        (void)engine->nop([&, witness](Request &, ssize_t) {
            child = fork();
            if (child != 0)
                return;
            engine.reset();
            use_freed_memory();
            was_whole = witness.is_whole();
        });
    }
    const int before = ends; // copies on the way
    auraio_drain(engine->handle(), 10000);
    if (child == 0)
        _exit(was_whole && ends == before + 1 ? 0 : 1);
    if (child < 0 || waitpid(child, &status, 0) != child)
        bail("child: %s", std::strerror(errno));
    is(ends.load(), before + 1, "the parent's callback ends as ever");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void in_another_thread()
{
    auto engine = std::make_unique<Engine>(engine_under_test());
    auraio_engine_t *const handle = engine->handle();
    std::atomic<bool> runs{false}, goes_on{false};
    std::atomic<int> ends{0};
    bool was_whole = false;

    {
        const Witness witness(&ends);
        (void)engine->nop([&, witness](Request &, ssize_t) {
            runs = true;
            while (!goes_on)
                std::this_thread::yield();
            was_whole = witness.is_whole();
        });
    }
    const int before = ends;
    std::thread polls([handle] { auraio_wait(handle, 10000); });
    while (!runs)
        std::this_thread::yield();
    engine.reset();
    use_freed_memory();
    goes_on = true;
    polls.join();
    ok(was_whole, "a callable that runs when its engine is given up is whole");
    is(ends.load(), before + 1, "and is destroyed when it has returned");
}

int main()
{
    is(in_a_child(), 0, "a callable that destroyed the engine in a child is whole");
    if (!on_single())
        in_another_thread();
    return done();
}
