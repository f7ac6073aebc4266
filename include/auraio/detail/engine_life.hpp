// SPDX-License-Identifier: Apache-2.0
// What lets a Buffer outlive its Engine. Each engine has one of these, shared with the buffers of
// its pool: whoever of them goes last deletes it.
//
// One word holds the number of sharers, the number of threads inside auraio_buffer_free, and the
// bit that says that the engine ends. While it ends its pool may be used no more and free(3) not
// yet; a buffer that is given up in that time is put on a list, in which the buffer itself is the
// link, and the list is freed when the engine is gone.
#ifndef AURAIO_DETAIL_ENGINE_LIFE_HPP
#define AURAIO_DETAIL_ENGINE_LIFE_HPP

#include <auraio.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <new>
#include <thread>

namespace auraio
{
inline namespace v0_1
{
namespace detail
{

class EngineLife
{
  public:
    explicit EngineLife(auraio_engine_t *engine) noexcept : engine_(engine)
    {
    }
    EngineLife(const EngineLife &) = delete;
    EngineLife &operator=(const EngineLife &) = delete;

    // NULL and errno on failure.
    void *allocate(std::size_t size) noexcept
    {
        void *data = auraio_buffer_alloc(engine_, size);
        if (data)
            word_.fetch_add(sharer, std::memory_order_relaxed);
        return data;
    }

    // By any thread, before or after the engine's end.
    void free(void *data) noexcept
    {
        // Pairs with end(), which waits for those that came before it.
        if (word_.fetch_add(visitor, std::memory_order_acquire) & ending) {
            word_.fetch_sub(visitor, std::memory_order_release);
            free_after_engine(data);
            drop(sharer);
        } else {
            auraio_buffer_free(engine_, data);
            drop(visitor + sharer);
        }
    }

    // The engine, as long as there is one.
    auraio_engine_t *engine() const noexcept
    {
        return word_.load(std::memory_order_acquire) & ending ? nullptr : engine_;
    }

    // A buffer leaves without being freed.
    void forget() noexcept
    {
        drop(sharer);
    }

    // Before auraio_destroy. True in a forked child, where other threads are gone: nobody is waited
    // for.
    bool begin_end() noexcept
    {
        word_.fetch_or(ending, std::memory_order_acq_rel);
        const bool forked = auraio_pending_count(engine_) < 0 && errno == EOWNERDEAD;
        while (!forked && (word_.load(std::memory_order_acquire) & visitors))
            std::this_thread::yield();
        return forked;
    }

    // The engine was not destroyed after all. The list waits for the next time.
    void call_off_end() noexcept
    {
        word_.fetch_and(~ending, std::memory_order_acq_rel);
    }

    // After auraio_destroy; the engine's share ends.
    void end() noexcept
    {
        {
            const std::lock_guard lock(lock_);
            is_gone_ = true;
        }
        while (Link *link = given_up_) {
            given_up_ = link->next;
            std::free(link);
        }
        drop(sharer);
    }

  private:
    struct Link {
        Link *next;
    };

    static constexpr std::uint64_t sharer = 1, visitor = std::uint64_t{1} << 32,
                                   ending = std::uint64_t{1} << 63, visitors = ending - visitor;

    ~EngineLife() = default;

    void free_after_engine(void *data) noexcept
    {
        {
            const std::lock_guard lock(lock_);
            if (!is_gone_) {
                given_up_ = ::new (data) Link{given_up_};
                return;
            }
        }
        std::free(data);
    }

    void drop(std::uint64_t what) noexcept
    {
        const std::uint64_t left = word_.fetch_sub(what, std::memory_order_acq_rel) - what;
        if ((left & (visitor - 1)) == 0)
            delete this;
    }

    std::atomic<std::uint64_t> word_{sharer};
    auraio_engine_t *const engine_;
    std::mutex lock_;          // guards the two below until the engine is gone
    Link *given_up_ = nullptr; // while the engine ended
    bool is_gone_ = false;
};

} // namespace detail
} // namespace v0_1
} // namespace auraio

#endif
