// SPDX-License-Identifier: Apache-2.0
// A coroutine that ends with a T.
#ifndef AURAIO_TASK_HPP
#define AURAIO_TASK_HPP

#include <auraio/detail/die.hpp>
#include <auraio/detail/resume.hpp>
#include <auraio/fwd.hpp>

#include <atomic>
#include <coroutine>
#include <exception>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace auraio
{
inline namespace v0_1
{

namespace detail
{

// Called when a coroutine has ended, on the thread where it did; gives the one that goes on.
struct Sequel {
    std::coroutine_handle<> (*next)(void *argument) noexcept;
    void *argument;
};

inline std::coroutine_handle<> no_sequel(void *) noexcept
{
    return std::noop_coroutine();
}

inline std::coroutine_handle<> awaiting_sequel(void *coroutine) noexcept
{
    return transfer(std::coroutine_handle<>::from_address(coroutine));
}

class PromiseBase
{
    struct AtTheEnd {
        bool await_ready() const noexcept
        {
            return false;
        }
        // As soon as it is seen to have ended, another thread may destroy it. Not inlined: what is
        // needed after that must lie on the stack.
        template <typename Promise>
        [[gnu::noinline]] std::coroutine_handle<>
        await_suspend(std::coroutine_handle<Promise> self) const noexcept
        {
            PromiseBase &promise = self.promise();
            const Sequel sequel = promise.sequel_;
            promise.has_ended_.store(true, std::memory_order_release);
            return sequel.next(sequel.argument);
        }
        void await_resume() const noexcept
        {
        }
    };

  public:
    std::suspend_always initial_suspend() const noexcept
    {
        return {};
    }
    AtTheEnd final_suspend() const noexcept
    {
        return {};
    }
    void unhandled_exception() noexcept
    {
        error_ = std::current_exception();
    }

    // Before the first resumption.
    void begin(Sequel sequel)
    {
        if (std::exchange(has_begun_, true))
            throw std::logic_error("auraio: this Task has begun already");
        sequel_ = sequel;
    }
    bool has_begun() const noexcept
    {
        return has_begun_;
    }
    // Pairs with the release in AtTheEnd: what the coroutine did can be seen.
    bool has_ended() const noexcept
    {
        return has_ended_.load(std::memory_order_acquire);
    }

  protected:
    void check_result()
    {
        if (!has_ended() || std::exchange(is_taken_, true))
            throw std::logic_error(is_taken_ ? "auraio: the result of this Task is taken"
                                             : "auraio: this Task has not ended");
        if (error_)
            std::rethrow_exception(std::exchange(error_, nullptr));
    }

  private:
    Sequel sequel_{no_sequel, nullptr};
    std::exception_ptr error_;
    std::atomic<bool> has_ended_{false};
    bool has_begun_ = false;
    bool is_taken_ = false;
};

template <typename T> class Promise : public PromiseBase
{
  public:
    Task<T> get_return_object() noexcept;
    template <typename U>
    requires std::is_constructible_v<T, U>
    void return_value(U &&value)
    {
        value_.emplace(std::forward<U>(value));
    }
    T take()
    {
        check_result();
        return *std::move(value_);
    }

  private:
    std::optional<T> value_;
};

template <> class Promise<void> : public PromiseBase
{
  public:
    Task<void> get_return_object() noexcept;
    void return_void() const noexcept
    {
    }
    void take()
    {
        check_result();
    }
};

} // namespace detail

// It begins when it is awaited or resumed, and owns the coroutine. To await it is to begin it and
// to get its result; one that was begun otherwise can be awaited only when it has ended. Destroying
// one that has begun and not ended ends the program: the kernel may be at work in its frame.
//
// What the coroutine was given by reference must live until it has ended. So must a lambda with
// captures, which stay in the lambda: give such a thing as an argument instead.
//
// One thread at a time; done() may be asked while another thread runs the coroutine. Since 0.1.
template <typename T = void> class [[nodiscard]] Task
{
    static_assert(!std::is_reference_v<T>, "a Task of a reference: return a pointer");

  public:
    using promise_type = detail::Promise<T>;

    Task() noexcept = default;
    Task(Task &&other) noexcept : coroutine_(std::exchange(other.coroutine_, nullptr))
    {
    }
    Task &operator=(Task &&other) noexcept
    {
        Task taken(std::move(other));
        std::swap(coroutine_, taken.coroutine_);
        return *this;
    }
    ~Task()
    {
        if (!coroutine_)
            return;
        if (coroutine_.promise().has_begun() && !done())
            detail::die("a Task was destroyed before it had ended");
        coroutine_.destroy();
    }

    explicit operator bool() const noexcept
    {
        return coroutine_ != nullptr;
    }

    // Begins it, in this thread, until it waits for something. std::logic_error when it has begun.
    void resume()
    {
        begin({detail::no_sequel, nullptr});
    }
    // The same, and tells when it has ended.
    void begin(detail::Sequel sequel)
    {
        promise().begin(sequel);
        detail::run(coroutine_);
    }
    bool has_begun() const noexcept
    {
        return coroutine_ && coroutine_.promise().has_begun();
    }
    bool done() const noexcept
    {
        return coroutine_ && coroutine_.promise().has_ended();
    }
    // Moves the result out, or throws what the coroutine threw. std::logic_error when it has not
    // ended, and the second time.
    T get()
    {
        return promise().take();
    }

    auto operator co_await() noexcept
    {
        struct Awaiter {
            Task *task;

            bool await_ready() const
            {
                return task->done();
            }
            std::coroutine_handle<> await_suspend(std::coroutine_handle<> waiter) const
            {
                task->promise().begin({detail::awaiting_sequel, waiter.address()});
                return detail::transfer(task->coroutine_);
            }
            T await_resume() const
            {
                return task->get();
            }
        };
        return Awaiter{this};
    }

  private:
    friend promise_type;

    explicit Task(std::coroutine_handle<promise_type> coroutine) noexcept : coroutine_(coroutine)
    {
    }

    promise_type &promise() const
    {
        if (!coroutine_)
            throw std::logic_error("auraio: an empty Task");
        return coroutine_.promise();
    }

    std::coroutine_handle<promise_type> coroutine_ = nullptr;
};

namespace detail
{

template <typename T> Task<T> Promise<T>::get_return_object() noexcept
{
    return Task<T>(std::coroutine_handle<Promise>::from_promise(*this));
}

inline Task<void> Promise<void>::get_return_object() noexcept
{
    return Task<void>(std::coroutine_handle<Promise>::from_promise(*this));
}

} // namespace detail

} // namespace v0_1
} // namespace auraio

#endif
