// SPDX-License-Identifier: Apache-2.0
// The part of Engine that submits operations with callables.
#ifndef AURAIO_DETAIL_ENGINE_OPERATIONS_HPP
#define AURAIO_DETAIL_ENGINE_OPERATIONS_HPP

#include <auraio/buffer.hpp>
#include <auraio/detail/callback_storage.hpp>
#include <auraio/detail/engine_state.hpp>
#include <auraio/error.hpp>
#include <auraio/op.hpp>
#include <auraio/request.hpp>

#include <auraio.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>

namespace auraio
{
inline namespace v0_1
{
namespace detail
{

class EngineOperations
{
  public:
    auraio_engine_t *handle() const noexcept
    {
        return state_ ? state_->engine() : nullptr;
    }

    // Operations, as in auraio_read(3), auraio_fsync(3) and auraio_openat(3). Buffer, iovec array,
    // path and descriptor stay valid until the callback has run. The callback may run before the
    // call has returned the Request, if another thread polls.

    template <Callback F = std::nullptr_t>
    [[nodiscard]] Request read(FileRef file, BufferRef buf, std::size_t len, std::int64_t offset,
                               F &&callback = nullptr)
    {
        return launch("auraio_read", std::forward<F>(callback), [&](const Binding &to) {
            return auraio_read(handle(), file.fd(), buf.c_buf(), len, offset, to.callback,
                               to.user_data);
        });
    }

    template <Callback F = std::nullptr_t>
    [[nodiscard]] Request write(FileRef file, ConstBufferRef buf, std::size_t len,
                                std::int64_t offset, F &&callback = nullptr)
    {
        return launch("auraio_write", std::forward<F>(callback), [&](const Binding &to) {
            return auraio_write(handle(), file.fd(), buf.c_buf(), len, offset, to.callback,
                                to.user_data);
        });
    }

    template <Callback F = std::nullptr_t>
    [[nodiscard]] Request readv(FileRef file, std::span<const iovec> iov, std::int64_t offset,
                                F &&callback = nullptr)
    {
        return launch("auraio_readv", std::forward<F>(callback), [&](const Binding &to) {
            return auraio_readv(handle(), file.fd(), iov.data(), count(iov.size()), offset,
                                to.callback, to.user_data);
        });
    }

    template <Callback F = std::nullptr_t>
    [[nodiscard]] Request writev(FileRef file, std::span<const iovec> iov, std::int64_t offset,
                                 F &&callback = nullptr)
    {
        return launch("auraio_writev", std::forward<F>(callback), [&](const Binding &to) {
            return auraio_writev(handle(), file.fd(), iov.data(), count(iov.size()), offset,
                                 to.callback, to.user_data);
        });
    }

    template <Callback F = std::nullptr_t>
    [[nodiscard]] Request fsync(FileRef file, F &&callback = nullptr)
    {
        return start(Op::fsync(file), std::forward<F>(callback), "auraio_fsync");
    }

    template <Callback F = std::nullptr_t>
    [[nodiscard]] Request fdatasync(FileRef file, F &&callback = nullptr)
    {
        return start(Op::fdatasync(file), std::forward<F>(callback), "auraio_fsync");
    }

    template <Callback F = std::nullptr_t>
    [[nodiscard]] Request openat(int dirfd, const char *path, int flags, mode_t mode,
                                 F &&callback = nullptr)
    {
        return start(Op::openat(dirfd, path, flags, mode), std::forward<F>(callback),
                     "auraio_openat");
    }

    template <Callback F = std::nullptr_t>
    [[nodiscard]] Request close(FileRef file, F &&callback = nullptr)
    {
        return start(Op::close(file), std::forward<F>(callback), "auraio_close");
    }

    template <Callback F = std::nullptr_t>
    [[nodiscard]] Request statx(int dirfd, const char *path, int flags, unsigned mask,
                                struct statx *out, F &&callback = nullptr)
    {
        return start(Op::statx(dirfd, path, flags, mask, out), std::forward<F>(callback),
                     "auraio_statx");
    }

    template <Callback F = std::nullptr_t>
    [[nodiscard]] Request fallocate(FileRef file, int mode, std::int64_t offset, std::int64_t len,
                                    F &&callback = nullptr)
    {
        return start(Op::fallocate(file, mode, offset, len), std::forward<F>(callback),
                     "auraio_fallocate");
    }

    template <Callback F = std::nullptr_t>
    [[nodiscard]] Request ftruncate(FileRef file, std::int64_t length, F &&callback = nullptr)
    {
        return start(Op::ftruncate(file, length), std::forward<F>(callback), "auraio_ftruncate");
    }

    template <Callback F = std::nullptr_t>
    [[nodiscard]] Request sync_file_range(FileRef file, std::int64_t offset, std::int64_t nbytes,
                                          unsigned flags, F &&callback = nullptr)
    {
        return start(Op::sync_file_range(file, offset, nbytes, flags), std::forward<F>(callback),
                     "auraio_sync_file_range");
    }

    template <Callback F = std::nullptr_t>
    [[nodiscard]] Request fadvise(FileRef file, std::int64_t offset, std::int64_t len, int advice,
                                  F &&callback = nullptr)
    {
        return start(Op::fadvise(file, offset, len, advice), std::forward<F>(callback),
                     "auraio_fadvise");
    }

    template <Callback F = std::nullptr_t>
    [[nodiscard]] Request renameat(int olddirfd, const char *oldpath, int newdirfd,
                                   const char *newpath, unsigned flags, F &&callback = nullptr)
    {
        return start(Op::renameat(olddirfd, oldpath, newdirfd, newpath, flags),
                     std::forward<F>(callback), "auraio_renameat");
    }

    template <Callback F = std::nullptr_t>
    [[nodiscard]] Request unlinkat(int dirfd, const char *path, int flags, F &&callback = nullptr)
    {
        return start(Op::unlinkat(dirfd, path, flags), std::forward<F>(callback),
                     "auraio_unlinkat");
    }

    template <Callback F = std::nullptr_t>
    [[nodiscard]] Request mkdirat(int dirfd, const char *path, mode_t mode, F &&callback = nullptr)
    {
        return start(Op::mkdirat(dirfd, path, mode), std::forward<F>(callback), "auraio_mkdirat");
    }

    template <Callback F = std::nullptr_t> [[nodiscard]] Request nop(F &&callback = nullptr)
    {
        return start(Op::nop(), std::forward<F>(callback), "auraio_nop");
    }

    // One operation with its modifiers, auraio_submit(3).
    template <Callback F = std::nullptr_t>
    [[nodiscard]] Request submit(const Op &op, F &&callback = nullptr)
    {
        return start(op, std::forward<F>(callback), "auraio_submit");
    }

    // A batch as the C API has it, with C callbacks; Batch is the same with callables. Returns how
    // many were accepted, at least 1 unless there was none. handles is empty or has as many places.
    [[nodiscard]] std::size_t submit(std::span<const auraio_op_t> ops,
                                     std::span<auraio_request_t *> handles = {})
    {
        if (!handles.empty() && handles.size() < ops.size())
            throw Error(EINVAL, "auraio_submit");
        const ssize_t accepted = auraio_submit(handle(), ops.data(), ops.size(),
                                               handles.empty() ? nullptr : handles.data());
        check(accepted >= 0, "auraio_submit");
        return static_cast<std::size_t>(accepted);
    }

  protected:
    explicit EngineOperations(const auraio_options_t *options) : state_(new EngineState(options))
    {
    }
    EngineOperations(EngineOperations &&) noexcept = default;
    EngineOperations &operator=(EngineOperations &&) noexcept = default;
    ~EngineOperations() = default;

    // Throws Error with EINVAL when there is no engine.
    EngineState &state(const char *context) const
    {
        if (!state_)
            throw Error(EINVAL, context);
        return *state_;
    }

    std::unique_ptr<EngineState, EndEngine> state_;

  private:
    // submit gets a Binding and returns what the C API does.
    template <typename F, typename Submit>
    Request launch(const char *context, F &&callback, Submit &&submit)
    {
        const Binding to = bind(state(context).callbacks(), std::forward<F>(callback));
        auraio_request_t *request = submit(to);
        if (!request) {
            const int error = errno;
            to.give_up();
            throw Error(error, context);
        }
        return Request(request);
    }

    template <typename F> Request start(const Op &op, F &&callback, const char *context)
    {
        return launch(context, std::forward<F>(callback), [&](const Binding &to) {
            auraio_request_t *request = nullptr;
            auraio_op_t bound = op.c_op();
            bound.callback = to.callback;
            bound.user_data = to.user_data;
            return auraio_submit(handle(), &bound, 1, &request) == 1 ? request : nullptr;
        });
    }
};

} // namespace detail
} // namespace v0_1
} // namespace auraio

#endif
