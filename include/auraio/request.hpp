// SPDX-License-Identifier: Apache-2.0
// One operation in flight, and which kinds of operation there are.
#ifndef AURAIO_REQUEST_HPP
#define AURAIO_REQUEST_HPP

#include <auraio.h>

namespace auraio
{
inline namespace v0_1
{

// Since 0.1.
enum class OpType : int {
    read = AURAIO_OP_READ,
    write = AURAIO_OP_WRITE,
    readv = AURAIO_OP_READV,
    writev = AURAIO_OP_WRITEV,
    fsync = AURAIO_OP_FSYNC,
    fdatasync = AURAIO_OP_FDATASYNC,
    openat = AURAIO_OP_OPENAT,
    close = AURAIO_OP_CLOSE,
    statx = AURAIO_OP_STATX,
    fallocate = AURAIO_OP_FALLOCATE,
    ftruncate = AURAIO_OP_FTRUNCATE,
    sync_file_range = AURAIO_OP_SYNC_FILE_RANGE,
    fadvise = AURAIO_OP_FADVISE,
    renameat = AURAIO_OP_RENAMEAT,
    unlinkat = AURAIO_OP_UNLINKAT,
    mkdirat = AURAIO_OP_MKDIRAT,
    nop = AURAIO_OP_NOP,
    unknown = -1 // of a stale request
};

// A handle, to be copied freely: nothing is owned, and a stale one does no harm. It is good from
// submission until its callback returns. See auraio_request_pending(3). Since 0.1.
class Request
{
  public:
    constexpr Request() noexcept = default;
    explicit constexpr Request(auraio_request_t *handle) noexcept : handle_(handle)
    {
    }

    // Under way, its callback not yet done; false inside that callback.
    bool pending() const noexcept
    {
        return auraio_request_pending(handle_);
    }
    // As it was submitted; -1 of a stale request.
    int fd() const noexcept
    {
        return auraio_request_fd(handle_);
    }
    OpType op_type() const noexcept
    {
        return static_cast<OpType>(static_cast<int>(auraio_request_op_type(handle_)));
    }
    // Inside the callback: the errno that ended a transfer of which a part had moved, or 0.
    int error() const noexcept
    {
        return auraio_request_error(handle_);
    }

    constexpr auraio_request_t *handle() const noexcept
    {
        return handle_;
    }
    explicit constexpr operator bool() const noexcept
    {
        return handle_ != nullptr;
    }
    friend constexpr bool operator==(Request, Request) noexcept = default;

  private:
    auraio_request_t *handle_ = nullptr;
};

} // namespace v0_1
} // namespace auraio

#endif
