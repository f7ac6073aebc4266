// SPDX-License-Identifier: Apache-2.0
// The engine: operations with callables, completions, registered sets, statistics.
//
// Every function is the one of auraio.h whose name it has, and its manual page holds. What is
// different: failure throws Error, a callback is any callable, times may be durations.
#ifndef AURAIO_ENGINE_HPP
#define AURAIO_ENGINE_HPP

#include <auraio/buffer.hpp>
#include <auraio/detail/engine_operations.hpp>
#include <auraio/error.hpp>
#include <auraio/features.hpp>
#include <auraio/fwd.hpp>
#include <auraio/op.hpp>
#include <auraio/options.hpp>
#include <auraio/request.hpp>
#include <auraio/stats.hpp>
#include <auraio/timeout.hpp>

#include <auraio.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <utility>

namespace auraio
{
inline namespace v0_1
{

// Owns an engine and ends it as auraio_destroy does. Any thread may use it at any time, but for
// moving, destroy and the destructor, which want that no thread is inside it or will be. What it is
// made of stays where it is when it is moved: operations in flight, batches and awaitables do not
// notice. A moved-from Engine is empty; its functions throw Error with EINVAL, and those that throw
// nothing answer 0, false or nullptr.
//
// A callback runs once, on a thread that polls; it is destroyed after that. The Request that it
// gets is its call's own: to keep it, copy it. It must not throw: that ends the program. A
// submission that fails throws, and destroys the callback without calling it. Once there have been
// as many operations in flight as ever will be, no submission allocates. Since 0.1.
class Engine : public detail::EngineOperations
{
  public:
    Engine() : EngineOperations(nullptr)
    {
    }
    explicit Engine(const Options &options) : EngineOperations(&options.c_options())
    {
    }
    Engine(Engine &&) noexcept = default;
    Engine &operator=(Engine &&other) noexcept
    {
        if (this != &other) {
            const auto ended = std::exchange(state_, std::move(other.state_));
        }
        return *this;
    }
    ~Engine() = default;

    // auraio_destroy_timeout: throws Error with ETIMEDOUT when operations had to be abandoned; the
    // engine is empty all the same, and what their callbacks own is kept for good. Other errors
    // leave the engine as it was.
    void destroy(Timeout timeout)
    {
        const int error = state_ ? detail::EngineState::end(state_.get(), timeout.ms()) : 0;

        if (!error || error == ETIMEDOUT)
            static_cast<void>(state_.release());
        if (error)
            throw Error(error, "auraio_destroy_timeout");
    }

    explicit operator bool() const noexcept
    {
        return state_ != nullptr;
    }

    // The operations are in auraio/detail/engine_operations.hpp.

    // Awaitables, of auraio/coro.hpp: as the operations above. What they are given stays valid
    // until the coroutine goes on, which in one expression temporaries do; an awaitable that is
    // kept keeps none of it, and not the engine.

    Awaitable<ssize_t> async_read(FileRef file, BufferRef buf, std::size_t len,
                                  std::int64_t offset);
    Awaitable<ssize_t> async_write(FileRef file, ConstBufferRef buf, std::size_t len,
                                   std::int64_t offset);
    Awaitable<ssize_t> async_readv(FileRef file, std::span<const iovec> iov, std::int64_t offset);
    Awaitable<ssize_t> async_writev(FileRef file, std::span<const iovec> iov, std::int64_t offset);
    Awaitable<void> async_fsync(FileRef file);
    Awaitable<void> async_fdatasync(FileRef file);
    Awaitable<int> async_openat(int dirfd, const char *path, int flags, mode_t mode = 0);
    Awaitable<void> async_close(FileRef file);
    Awaitable<void> async_statx(int dirfd, const char *path, int flags, unsigned mask,
                                struct statx *out);
    Awaitable<void> async_fallocate(FileRef file, int mode, std::int64_t offset, std::int64_t len);
    Awaitable<void> async_ftruncate(FileRef file, std::int64_t length);
    Awaitable<void> async_sync_file_range(FileRef file, std::int64_t offset, std::int64_t nbytes,
                                          unsigned flags);
    Awaitable<void> async_fadvise(FileRef file, std::int64_t offset, std::int64_t len, int advice);
    Awaitable<void> async_renameat(int olddirfd, const char *oldpath, int newdirfd,
                                   const char *newpath, unsigned flags = 0);
    Awaitable<void> async_unlinkat(int dirfd, const char *path, int flags = 0);
    Awaitable<void> async_mkdirat(int dirfd, const char *path, mode_t mode);
    Awaitable<void> async_nop();
    Awaitable<ssize_t> async_submit(const Op &op);

    // True when the operation was asked to stop; errno tells why not. Its callback runs in any
    // case. A request that is stale is let alone.
    bool cancel(const Request &request) noexcept
    {
        return auraio_cancel(handle(), request.handle()) == 0;
    }
    // All on one descriptor; returns how many were asked.
    int cancel_fd(FileRef file)
    {
        return detail::checked(auraio_cancel_fd(handle(), file.fd()), "auraio_cancel_fd");
    }

    // Completions; auraio_wait(3). These run callbacks, and return how many operations were
    // processed.

    int poll()
    {
        return detail::checked(auraio_poll(handle()), "auraio_poll");
    }
    int wait(Timeout timeout = Timeout::none())
    {
        return detail::checked(auraio_wait(handle(), timeout.ms()), "auraio_wait");
    }
    int wait_n(int min, Timeout timeout = Timeout::none())
    {
        return detail::checked(auraio_wait_n(handle(), min, timeout.ms()), "auraio_wait_n");
    }
    // Throws Error with ETIMEDOUT when work is left.
    int drain(Timeout timeout = Timeout::none())
    {
        return detail::checked(auraio_drain(handle(), timeout.ms()), "auraio_drain");
    }
    void run()
    {
        detail::checked(auraio_run(handle()), "auraio_run");
    }
    // These two by any thread and in signal handlers. False, with errno, when there is no engine.
    bool stop() noexcept
    {
        return auraio_stop(handle()) == 0;
    }
    bool wakeup() noexcept
    {
        return auraio_wakeup(handle()) == 0;
    }
    void flush()
    {
        detail::checked(auraio_flush(handle()), "auraio_flush");
    }
    int pending_count() const
    {
        return detail::checked(auraio_pending_count(handle()), "auraio_pending_count");
    }
    // For epoll(7), poll(2), select(2); it belongs to the engine.
    int poll_fd()
    {
        return detail::checked(auraio_get_poll_fd(handle()), "auraio_get_poll_fd");
    }

    // Buffers; auraio_buffer_alloc(3).

    Buffer allocate_buffer(std::size_t size)
    {
        detail::EngineLife *life = state("auraio_buffer_alloc").life();
        void *data = life->allocate(size);
        check(data != nullptr, "auraio_buffer_alloc");
        return Buffer(life, data, size);
    }
    // Usable bytes of a buffer of this engine's pool; 0 of any other.
    std::size_t buffer_size(const void *data) const noexcept
    {
        return auraio_buffer_size(handle(), data);
    }

    // Registered sets; auraio_register_buffers(3), auraio_register_files(3).

    void register_buffers(std::span<const iovec> buffers)
    {
        detail::checked(
            auraio_register_buffers(handle(), buffers.data(), detail::count(buffers.size())),
            "auraio_register_buffers");
    }
    void unregister_buffers()
    {
        detail::checked(auraio_unregister_buffers(handle()), "auraio_unregister_buffers");
    }
    void request_unregister_buffers()
    {
        detail::checked(auraio_request_unregister_buffers(handle()),
                        "auraio_request_unregister_buffers");
    }
    void register_files(std::span<const int> fds)
    {
        detail::checked(auraio_register_files(handle(), fds.data(), detail::count(fds.size())),
                        "auraio_register_files");
    }
    void update_file(int index, int fd)
    {
        detail::checked(auraio_update_file(handle(), index, fd), "auraio_update_file");
    }
    void unregister_files()
    {
        detail::checked(auraio_unregister_files(handle()), "auraio_unregister_files");
    }
    void request_unregister_files()
    {
        detail::checked(auraio_request_unregister_files(handle()),
                        "auraio_request_unregister_files");
    }

    // Statistics. A ring or target that is none is std::out_of_range.

    Stats get_stats() const
    {
        return snapshot<Stats, auraio_stats_t>(auraio_get_stats, "auraio_get_stats");
    }
    int ring_count() const noexcept
    {
        return auraio_get_ring_count(handle());
    }
    RingStats get_ring_stats(int ring) const
    {
        auraio_ring_stats_t stats;
        check_index("auraio_get_ring_stats", ring, ring_count());
        detail::checked(auraio_get_ring_stats(handle(), ring, &stats), "auraio_get_ring_stats");
        return RingStats(ring, stats);
    }
    int target_count() const
    {
        return detail::checked(auraio_get_target_count(handle()), "auraio_get_target_count");
    }
    TargetStats target_stats(int target) const
    {
        auraio_target_stats_t stats;
        check_index("auraio_get_target_stats", target, target_count());
        detail::checked(auraio_get_target_stats(handle(), target, &stats),
                        "auraio_get_target_stats");
        return TargetStats(stats);
    }
    Histogram get_histogram(int ring) const
    {
        auraio_histogram_t histogram;
        check_index("auraio_get_histogram", ring, ring_count());
        detail::checked(auraio_get_histogram(handle(), ring, &histogram), "auraio_get_histogram");
        return Histogram(histogram);
    }
    BufferStats get_buffer_stats() const
    {
        return snapshot<BufferStats, auraio_buffer_stats_t>(auraio_get_buffer_stats,
                                                            "auraio_get_buffer_stats");
    }
    // Where the published statistics lie, for auraio_prom_format(3); valid as long as the engine.
    std::span<const std::byte> stats_segment() const
    {
        std::size_t size = 0;
        const void *data = auraio_stats_segment(handle(), &size);
        check(data != nullptr, "auraio_stats_segment");
        return {static_cast<const std::byte *>(data), size};
    }
    Features features() const
    {
        return snapshot<Features, auraio_features_t>(auraio_get_features, "auraio_get_features");
    }

    // Changes while running; auraio_set_max_in_flight(3).

    void set_max_p99_latency(double ms)
    {
        detail::checked(auraio_set_max_p99_latency(handle(), ms), "auraio_set_max_p99_latency");
    }
    void set_min_in_flight(int n)
    {
        detail::checked(auraio_set_min_in_flight(handle(), n), "auraio_set_min_in_flight");
    }
    void set_max_in_flight(int n)
    {
        detail::checked(auraio_set_max_in_flight(handle(), n), "auraio_set_max_in_flight");
    }
    void set_batch_threshold(int n)
    {
        detail::checked(auraio_set_batch_threshold(handle(), n), "auraio_set_batch_threshold");
    }
    // 0, or the errno with which a ring failed for good.
    int fatal_error() const
    {
        return detail::checked(auraio_get_fatal_error(handle()), "auraio_get_fatal_error");
    }

  private:
    friend class Batch;
    template <typename T> friend T sync_wait(Engine &engine, Task<T> task);

    template <typename S, typename C>
    S snapshot(int (*get)(auraio_engine_t *, C *), const char *context) const
    {
        C values;

        detail::checked(get(handle(), &values), context);
        return S(values);
    }

    void check_index(const char *context, int i, int count) const
    {
        state(context);
        if (i < 0 || i >= count)
            throw std::out_of_range("auraio: no such ring or target");
    }
};

} // namespace v0_1
} // namespace auraio

#endif
