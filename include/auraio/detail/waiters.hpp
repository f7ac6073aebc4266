// SPDX-License-Identifier: Apache-2.0
// Who of the threads in sync_wait processes completions. One of them, the leader, waits in the
// library; the others sleep here, each until its own task has ended or it is to lead. So the end of
// a task wakes the thread that waits for it and no other. Where nothing can come, because the
// engine has one thread and nothing in flight, that thread sleeps here too.
//
// The leader polls, looks whether its task has ended, then waits; a wake-up in between ends that
// wait, as auraio_wakeup(3) promises a thread that has polled.
#ifndef AURAIO_DETAIL_WAITERS_HPP
#define AURAIO_DETAIL_WAITERS_HPP

#include <auraio/error.hpp>

#include <auraio.h>

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace auraio
{
inline namespace v0_1
{
namespace detail
{

class Waiters;

// A thread in sync_wait.
class Waiter
{
    friend class Waiters;

    const std::thread::id thread_ = std::this_thread::get_id();
    std::atomic<bool> has_ended_{false}; // written under the lock of Waiters
    std::condition_variable told_;
    Waiter *next_ = nullptr; // of those that sleep here
};

class Waiters
{
  public:
    Waiters(auraio_engine_t *engine, bool has_one_thread) noexcept
        : engine_(engine), has_one_thread_(has_one_thread)
    {
    }
    Waiters(const Waiters &) = delete;
    Waiters &operator=(const Waiters &) = delete;

    // The errno for a thread that is not to wait here, or 0. In a forked child there is nobody who
    // leads, and the lock may be that of a thread of the parent: nothing else is to be called
    // there. On a single_thread engine the owner alone may wait.
    int refusal() const noexcept
    {
        if (auraio_pending_count(engine_) < 0 && errno == EOWNERDEAD)
            return EOWNERDEAD;
        return has_one_thread_ && auraio_flush(engine_) < 0 && errno == EPERM ? EPERM : 0;
    }

    // Until end was called for self. Throws Error when the engine cannot be waited for.
    void wait(Waiter &self)
    {
        std::unique_lock lock(lock_);

        while (!self.has_ended_.load(std::memory_order_relaxed)) {
            if (leader_ || nothing_can_come())
                sleep(self, lock);
            else
                lead(self, lock);
        }
        tell_next();
    }

    // By any thread. The waiter, and even the engine, may be gone as soon as the lock is dropped.
    void end(Waiter &waiter) noexcept
    {
        const std::lock_guard lock(lock_);

        waiter.has_ended_.store(true, std::memory_order_release);
        if (&waiter != leader_)
            waiter.told_.notify_one();
        else if (waiter.thread_ != std::this_thread::get_id())
            auraio_wakeup(engine_);
    }

  private:
    bool nothing_can_come() const noexcept
    {
        return has_one_thread_ && auraio_pending_count(engine_) == 0;
    }

    // A child that a callback forked cannot have the lock: another thread may have held it.
    void lead(Waiter &self, std::unique_lock<std::mutex> &lock)
    {
        leader_ = &self;
        lock.unlock();
        int n = auraio_poll(engine_);
        while (n >= 0 && !self.has_ended_.load(std::memory_order_acquire) &&
               (n > 0 || !nothing_can_come()))
            n = auraio_wait(engine_, -1);
        const int error = n < 0 ? errno : 0;
        if (error == EOWNERDEAD)
            throw Error(error, "auraio_wait");
        lock.lock();
        leader_ = nullptr;
        if (error) {
            tell_next();
            throw Error(error, "auraio_wait");
        }
    }

    void sleep(Waiter &self, std::unique_lock<std::mutex> &lock)
    {
        Waiter **link = &asleep_;

        while (*link) // the first to come is the first to lead
            link = &(*link)->next_;
        *link = &self;
        self.told_.wait(lock);
        for (link = &asleep_; *link != &self;)
            link = &(*link)->next_;
        *link = self.next_;
        self.next_ = nullptr;
    }

    // It leads, or its task has ended and it calls this as it leaves.
    void tell_next() noexcept
    {
        if (!leader_ && asleep_)
            asleep_->told_.notify_one();
    }

    auraio_engine_t *const engine_;
    const bool has_one_thread_;
    std::mutex lock_; // guards what follows, and waiters
    Waiter *leader_ = nullptr;
    Waiter *asleep_ = nullptr;
};

} // namespace detail
} // namespace v0_1
} // namespace auraio

#endif
