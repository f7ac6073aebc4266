// SPDX-License-Identifier: Apache-2.0
// Operations to be awaited. The operation and its result live in the coroutine's frame.
#ifndef AURAIO_AWAITABLE_HPP
#define AURAIO_AWAITABLE_HPP

#include <auraio/detail/die.hpp>
#include <auraio/detail/resume.hpp>
#include <auraio/engine.hpp>
#include <auraio/error.hpp>
#include <auraio/op.hpp>

#include <auraio.h>

#include <cerrno>
#include <coroutine>
#include <cstddef>
#include <utility>

namespace auraio
{
inline namespace v0_1
{

namespace detail
{

// From await_suspend until the callback the kernel may use what it points to, and the callback
// itself: it stays where it is, and its end before that ends the program.
class Operation
{
  public:
    Operation(auraio_engine_t *engine, const Op &op, const char *context) noexcept
        : op_(op.c_op()), engine_(engine), context_(context)
    {
        op_.callback = complete;
        op_.user_data = this;
    }
    Operation(const Operation &) = delete;
    Operation &operator=(const Operation &) = delete;
    ~Operation()
    {
        if (waiter_)
            die("a coroutine was destroyed with an operation in flight");
    }

    bool await_ready() const noexcept
    {
        return false;
    }

    // Once submitted it may complete in another thread, and the coroutine be gone. So nothing is
    // touched after that; not inlined, lest the compiler keep a variable in the frame.
    [[gnu::noinline]] bool await_suspend(std::coroutine_handle<> waiter) noexcept
    {
        waiter_ = waiter;
        error_ = 0;
        if (is_submitted())
            return true;
        result_ = -errno;
        waiter_ = nullptr;
        return false;
    }

    // After a transfer of which a part had moved: the errno that ended it, or 0.
    int error() const noexcept
    {
        return error_;
    }

  protected:
    ssize_t result() const
    {
        if (result_ < 0)
            throw Error(static_cast<int>(-result_), context_);
        return result_;
    }

  private:
    bool is_submitted() noexcept
    {
        const bool is_plain = !(op_.flags | static_cast<unsigned>(op_.rw_flags) | op_.ioprio |
                                static_cast<unsigned>(op_.timeout_ms));

        if (is_plain && op_.type == AURAIO_OP_READ)
            return auraio_read(engine_, op_.fd, op_.buf, op_.len, op_.offset, complete, this);
        if (is_plain && op_.type == AURAIO_OP_WRITE)
            return auraio_write(engine_, op_.fd, op_.buf, op_.len, op_.offset, complete, this);
        return auraio_submit(engine_, &op_, 1, nullptr) == 1;
    }

    static void complete(auraio_request_t *request, ssize_t result, void *user_data) noexcept
    {
        auto *self = static_cast<Operation *>(user_data);

        self->result_ = result;
        // Whether a vectored transfer is whole is not known here; for others len is 0.
        const bool is_whole = static_cast<std::size_t>(result) == self->op_.len && !self->op_.iov;
        self->error_ = result < 0 || is_whole ? 0 : auraio_request_error(request);
        run(std::exchange(self->waiter_, nullptr));
    }

    auraio_op_t op_;
    auraio_engine_t *engine_;
    const char *context_;
    std::coroutine_handle<> waiter_ = nullptr; // while in flight
    ssize_t result_ = 0;
    int error_ = 0;
};

} // namespace detail

// What Engine::async_* return, to be awaited at once or by name, several times too. The result is a
// T; a negative one throws Error, and so does a submission that fails. The coroutine goes on in the
// thread that polls. Since 0.1.
template <typename T> class [[nodiscard]] Awaitable : public detail::Operation
{
  public:
    using detail::Operation::Operation;

    T await_resume() const
    {
        return static_cast<T>(result());
    }
};

using IoAwaitable = Awaitable<ssize_t>;
using OpenAwaitable = Awaitable<int>;
using FsyncAwaitable = Awaitable<void>; // and all others without a result

inline IoAwaitable Engine::async_read(FileRef file, BufferRef buf, std::size_t len,
                                      std::int64_t offset)
{
    return {handle(), Op::read(file, buf, len, offset), "auraio_read"};
}
inline IoAwaitable Engine::async_write(FileRef file, ConstBufferRef buf, std::size_t len,
                                       std::int64_t offset)
{
    return {handle(), Op::write(file, buf, len, offset), "auraio_write"};
}
inline IoAwaitable Engine::async_readv(FileRef file, std::span<const iovec> iov,
                                       std::int64_t offset)
{
    return {handle(), Op::readv(file, iov, offset), "auraio_readv"};
}
inline IoAwaitable Engine::async_writev(FileRef file, std::span<const iovec> iov,
                                        std::int64_t offset)
{
    return {handle(), Op::writev(file, iov, offset), "auraio_writev"};
}
inline FsyncAwaitable Engine::async_fsync(FileRef file)
{
    return {handle(), Op::fsync(file), "auraio_fsync"};
}
inline FsyncAwaitable Engine::async_fdatasync(FileRef file)
{
    return {handle(), Op::fdatasync(file), "auraio_fsync"};
}
inline OpenAwaitable Engine::async_openat(int dirfd, const char *path, int flags, mode_t mode)
{
    return {handle(), Op::openat(dirfd, path, flags, mode), "auraio_openat"};
}
inline Awaitable<void> Engine::async_close(FileRef file)
{
    return {handle(), Op::close(file), "auraio_close"};
}
inline Awaitable<void> Engine::async_statx(int dirfd, const char *path, int flags, unsigned mask,
                                           struct statx *out)
{
    return {handle(), Op::statx(dirfd, path, flags, mask, out), "auraio_statx"};
}
inline Awaitable<void> Engine::async_fallocate(FileRef file, int mode, std::int64_t offset,
                                               std::int64_t len)
{
    return {handle(), Op::fallocate(file, mode, offset, len), "auraio_fallocate"};
}
inline Awaitable<void> Engine::async_ftruncate(FileRef file, std::int64_t length)
{
    return {handle(), Op::ftruncate(file, length), "auraio_ftruncate"};
}
inline Awaitable<void> Engine::async_sync_file_range(FileRef file, std::int64_t offset,
                                                     std::int64_t nbytes, unsigned flags)
{
    return {handle(), Op::sync_file_range(file, offset, nbytes, flags), "auraio_sync_file_range"};
}
inline Awaitable<void> Engine::async_fadvise(FileRef file, std::int64_t offset, std::int64_t len,
                                             int advice)
{
    return {handle(), Op::fadvise(file, offset, len, advice), "auraio_fadvise"};
}
inline Awaitable<void> Engine::async_renameat(int olddirfd, const char *oldpath, int newdirfd,
                                              const char *newpath, unsigned flags)
{
    return {handle(), Op::renameat(olddirfd, oldpath, newdirfd, newpath, flags), "auraio_renameat"};
}
inline Awaitable<void> Engine::async_unlinkat(int dirfd, const char *path, int flags)
{
    return {handle(), Op::unlinkat(dirfd, path, flags), "auraio_unlinkat"};
}
inline Awaitable<void> Engine::async_mkdirat(int dirfd, const char *path, mode_t mode)
{
    return {handle(), Op::mkdirat(dirfd, path, mode), "auraio_mkdirat"};
}
inline Awaitable<void> Engine::async_nop()
{
    return {handle(), Op::nop(), "auraio_nop"};
}
inline IoAwaitable Engine::async_submit(const Op &op)
{
    return {handle(), op, "auraio_submit"};
}

} // namespace v0_1
} // namespace auraio

#endif
