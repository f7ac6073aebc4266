// SPDX-License-Identifier: Apache-2.0
// Coroutines: Task, the awaitables of Engine, and how to wait for one task or for many.
#ifndef AURAIO_CORO_HPP
#define AURAIO_CORO_HPP

#include <auraio/awaitable.hpp>
#include <auraio/detail/waiters.hpp>
#include <auraio/engine.hpp>
#include <auraio/error.hpp>
#include <auraio/task.hpp>

#include <auraio.h>

#include <atomic>
#include <cerrno>
#include <coroutine>
#include <cstddef>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace auraio
{
inline namespace v0_1
{

namespace detail
{

// Where a thread in sync_wait learns that the task has ended, wherever that was.
class MeetingPoint
{
  public:
    explicit MeetingPoint(Waiters &waiters) : waiters_(waiters)
    {
        if (const int error = waiters.refusal())
            throw Error(error, "sync_wait");
    }

    Sequel sequel() noexcept
    {
        return {arrive, this};
    }

    void wait()
    {
        waiters_.wait(waiter_);
    }

  private:
    static std::coroutine_handle<> arrive(void *argument) noexcept
    {
        auto *self = static_cast<MeetingPoint *>(argument);

        self->waiters_.end(self->waiter_);
        return std::noop_coroutine();
    }

    Waiters &waiters_;
    Waiter waiter_;
};

// Counts down the tasks of a when_all, and itself as long as it begins them.
class Countdown
{
  public:
    explicit Countdown(std::size_t tasks) noexcept : left_(tasks + 1)
    {
    }

    Sequel sequel() noexcept
    {
        return {task_has_ended, this};
    }
    void await(std::coroutine_handle<> waiter) noexcept
    {
        waiter_ = waiter;
    }
    // True when it was the last; else this may be gone by now.
    bool count() noexcept
    {
        return left_.fetch_sub(1, std::memory_order_acq_rel) == 1;
    }

  private:
    static std::coroutine_handle<> task_has_ended(void *argument) noexcept
    {
        auto *self = static_cast<Countdown *>(argument);
        const std::coroutine_handle<> waiter = self->waiter_;

        return self->count() ? transfer(waiter) : std::noop_coroutine();
    }

    std::atomic<std::size_t> left_;
    std::coroutine_handle<> waiter_ = nullptr;
};

// begin_all gets a Sequel and begins every task with it.
template <typename BeginAll> class AllEnded
{
  public:
    AllEnded(std::size_t tasks, BeginAll begin_all) : countdown_(tasks), begin_all_(begin_all)
    {
    }
    bool await_ready() const noexcept
    {
        return false;
    }
    [[gnu::noinline]] bool await_suspend(std::coroutine_handle<> waiter)
    {
        countdown_.await(waiter);
        begin_all_(countdown_.sequel());
        return !countdown_.count();
    }
    void await_resume() const noexcept
    {
    }

  private:
    Countdown countdown_;
    BeginAll begin_all_;
};

template <typename T> using Value = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

template <typename T> Value<T> value_of(Task<T> &task)
{
    if constexpr (std::is_void_v<T>) {
        task.get();
        return {};
    } else {
        return task.get();
    }
}

} // namespace detail

// Begins the task and processes completions of the engine until it has ended; gives its result or
// throws what it threw. Other threads may poll too. Not in a callback or coroutine: Error, EDEADLK.
// In a child after fork(2): Error, EOWNERDEAD; in another thread than the owner of a single_thread
// engine: Error, EPERM; the task does not begin then. Since 0.1.
template <typename T> T sync_wait(Engine &engine, Task<T> task)
{
    if (auraio_in_callback())
        throw Error(EDEADLK, "sync_wait");
    detail::MeetingPoint point(engine.state("sync_wait").waiters());
    task.begin(point.sequel());
    point.wait();
    return task.get();
}

namespace detail
{

template <typename T> void must_be_able_to_begin(const Task<T> &task)
{
    if (!task || task.has_begun())
        throw std::logic_error("when_all: a Task that is empty or has begun");
}

} // namespace detail

// Begins all tasks, which then are under way at once, and ends when all have ended. Of what they
// threw the first, in their order, is thrown. The result of a Task<void> is std::monostate. Since
// 0.1.
template <typename... T> Task<std::tuple<detail::Value<T>...>> when_all(Task<T>... tasks)
{
    const auto begin_all = [&]([[maybe_unused]] detail::Sequel sequel) {
        (tasks.begin(sequel), ...);
    };

    (detail::must_be_able_to_begin(tasks), ...);
    co_await detail::AllEnded(sizeof...(T), begin_all);
    co_return std::tuple<detail::Value<T>...>{detail::value_of(tasks)...};
}

template <typename T> Task<std::vector<detail::Value<T>>> when_all(std::vector<Task<T>> tasks)
{
    const auto begin_all = [&](detail::Sequel sequel) {
        for (Task<T> &task : tasks)
            task.begin(sequel);
    };
    std::vector<detail::Value<T>> values;

    for (const Task<T> &task : tasks)
        detail::must_be_able_to_begin(task);
    values.reserve(tasks.size());
    co_await detail::AllEnded(tasks.size(), begin_all);
    for (Task<T> &task : tasks)
        values.push_back(detail::value_of(task));
    co_return values;
}

} // namespace v0_1
} // namespace auraio

#endif
