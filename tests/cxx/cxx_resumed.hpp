// SPDX-License-Identifier: Apache-2.0
// A coroutine that waits for something which is not the engine's: a thread resumes it.
#ifndef CXX_RESUMED_HPP
#define CXX_RESUMED_HPP

#include <auraio.hpp>

#include <chrono>
#include <coroutine>
#include <thread>

// Awaited, it goes on after so many milliseconds in a thread of its own.
class Later
{
  public:
    explicit Later(int ms) noexcept : ms_(ms)
    {
    }
    bool await_ready() const noexcept
    {
        return false;
    }
    void await_suspend(std::coroutine_handle<> waiter) const
    {
        std::thread([waiter, ms = ms_] {
            std::this_thread::sleep_for(std::chrono::milliseconds(ms));
            waiter.resume();
        }).detach();
    }
    void await_resume() const noexcept
    {
    }

  private:
    int ms_;
};

inline auraio::Task<int> later(int ms)
{
    co_await Later(ms);
    co_return ms;
}

#endif
