// SPDX-License-Identifier: Apache-2.0
// How coroutines are resumed without using up the stack.
//
// One coroutine hands over to the next by symmetric transfer. Where the compiler makes that a jump,
// nothing else is needed; GCC makes it a call below -O2 and with sanitizers, and then a million
// awaits that end at once would nest. So the place from which a thread began to run coroutines is
// kept, and when the stack has grown too far below it, the next coroutine is left there, to be
// resumed when everything above has returned.
#ifndef AURAIO_DETAIL_RESUME_HPP
#define AURAIO_DETAIL_RESUME_HPP

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace auraio
{
inline namespace v0_1
{
namespace detail
{

inline constexpr std::size_t stack_most_bytes = 16384;

struct Resumer {
    std::uintptr_t stack;              // where it began
    std::coroutine_handle<> left = {}; // to be resumed next
};

// The innermost one of this thread.
inline constinit thread_local Resumer *this_resumer = nullptr;

inline std::uintptr_t stack_now() noexcept
{
    return reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
}

// Resumes a coroutine and what it hands over to, until the last of them is suspended.
[[gnu::noinline]] inline void run(std::coroutine_handle<> coroutine) noexcept
{
    Resumer mine{stack_now()};
    Resumer *outer = std::exchange(this_resumer, &mine);

    while (coroutine) {
        coroutine.resume();
        coroutine = std::exchange(mine.left, nullptr);
    }
    this_resumer = outer;
}

// What await_suspend returns so that this coroutine goes on. It is not to be inlined: a coroutine
// changes threads, and a compiler may keep the address of a thread's variable too long.
[[gnu::noinline]] inline std::coroutine_handle<> transfer(std::coroutine_handle<> to) noexcept
{
    Resumer *resumer = this_resumer;

    if (!resumer || resumer->left || resumer->stack - stack_now() < stack_most_bytes)
        return to;
    resumer->left = to;
    return std::noop_coroutine();
}

} // namespace detail
} // namespace v0_1
} // namespace auraio

#endif
