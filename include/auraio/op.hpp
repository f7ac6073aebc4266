// SPDX-License-Identifier: Apache-2.0
// One operation as a value: what Batch collects, and what an operation is that wants more than the
// plain calls of Engine offer, such as a timeout.
#ifndef AURAIO_OP_HPP
#define AURAIO_OP_HPP

#include <auraio/buffer.hpp>
#include <auraio/request.hpp>
#include <auraio/timeout.hpp>

#include <auraio.h>

#include <algorithm>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <span>

namespace auraio
{
inline namespace v0_1
{

namespace detail
{

// A count for the C API. One that is too large for it is refused there, and must stay too large.
inline int count(std::size_t n) noexcept
{
    return static_cast<int>(std::min<std::size_t>(n, INT_MAX));
}

} // namespace detail

// Made by the function named as the operation, whose arguments are those of auraio_read(3),
// auraio_openat(3) and so on. Then the modifiers, auraio_submit(3). Since 0.1.
class Op
{
  public:
    static Op read(FileRef file, BufferRef buf, std::size_t len, std::int64_t offset) noexcept
    {
        return transfer(AURAIO_OP_READ, file, buf.c_buf(), len, offset);
    }
    static Op write(FileRef file, ConstBufferRef buf, std::size_t len, std::int64_t offset) noexcept
    {
        return transfer(AURAIO_OP_WRITE, file, buf.c_buf(), len, offset);
    }
    static Op readv(FileRef file, std::span<const iovec> iov, std::int64_t offset) noexcept
    {
        return vectored(AURAIO_OP_READV, file, iov, offset);
    }
    static Op writev(FileRef file, std::span<const iovec> iov, std::int64_t offset) noexcept
    {
        return vectored(AURAIO_OP_WRITEV, file, iov, offset);
    }
    static Op fsync(FileRef file) noexcept
    {
        return Op(AURAIO_OP_FSYNC, file.fd());
    }
    static Op fdatasync(FileRef file) noexcept
    {
        return Op(AURAIO_OP_FDATASYNC, file.fd());
    }
    static Op openat(int dirfd, const char *path, int flags, mode_t mode = 0) noexcept
    {
        Op op(AURAIO_OP_OPENAT, dirfd);
        op.op_.args.openat = {path, flags, mode};
        return op;
    }
    static Op close(FileRef file) noexcept
    {
        return Op(AURAIO_OP_CLOSE, file.fd());
    }
    static Op statx(int dirfd, const char *path, int flags, unsigned mask,
                    struct statx *out) noexcept
    {
        Op op(AURAIO_OP_STATX, dirfd);
        op.op_.args.statx = {path, out, flags, mask};
        return op;
    }
    static Op fallocate(FileRef file, int mode, std::int64_t offset, std::int64_t len) noexcept
    {
        Op op(AURAIO_OP_FALLOCATE, file.fd());
        op.op_.offset = offset;
        op.op_.args.fallocate = {len, mode};
        return op;
    }
    static Op ftruncate(FileRef file, std::int64_t length) noexcept
    {
        Op op(AURAIO_OP_FTRUNCATE, file.fd());
        op.op_.args.ftruncate = {length};
        return op;
    }
    static Op sync_file_range(FileRef file, std::int64_t offset, std::int64_t nbytes,
                              unsigned flags) noexcept
    {
        Op op(AURAIO_OP_SYNC_FILE_RANGE, file.fd());
        op.op_.offset = offset;
        op.op_.args.sync_file_range = {nbytes, flags};
        return op;
    }
    static Op fadvise(FileRef file, std::int64_t offset, std::int64_t len, int advice) noexcept
    {
        Op op(AURAIO_OP_FADVISE, file.fd());
        op.op_.offset = offset;
        op.op_.args.fadvise = {len, advice};
        return op;
    }
    static Op renameat(int olddirfd, const char *oldpath, int newdirfd, const char *newpath,
                       unsigned flags = 0) noexcept
    {
        Op op(AURAIO_OP_RENAMEAT, olddirfd);
        op.op_.args.renameat = {oldpath, newpath, newdirfd, flags};
        return op;
    }
    static Op unlinkat(int dirfd, const char *path, int flags = 0) noexcept
    {
        Op op(AURAIO_OP_UNLINKAT, dirfd);
        op.op_.args.unlinkat = {path, flags};
        return op;
    }
    static Op mkdirat(int dirfd, const char *path, mode_t mode) noexcept
    {
        Op op(AURAIO_OP_MKDIRAT, dirfd);
        op.op_.args.mkdirat = {path, mode};
        return op;
    }
    static Op nop() noexcept
    {
        return Op(AURAIO_OP_NOP, -1);
    }

    // The next one of the batch starts when this one succeeded in full.
    Op &link() noexcept
    {
        op_.flags |= AURAIO_OPF_LINK;
        return *this;
    }
    // A short transfer is reported as it is.
    Op &report_short() noexcept
    {
        op_.flags |= AURAIO_OPF_SHORT;
        return *this;
    }
    // From submission on; at least 1 ms.
    Op &timeout(Timeout limit) noexcept
    {
        op_.timeout_ms = limit.ms() == -1 ? 0 : limit.ms() == 0 ? 1 : limit.ms();
        return *this;
    }
    // RWF_* of preadv2(2).
    Op &rw_flags(int flags) noexcept
    {
        op_.rw_flags = flags;
        return *this;
    }
    // As ioprio_set(2) encodes it.
    Op &ioprio(std::uint16_t ioprio) noexcept
    {
        op_.ioprio = ioprio;
        return *this;
    }

    OpType type() const noexcept
    {
        return static_cast<OpType>(op_.type);
    }
    const auraio_op_t &c_op() const noexcept
    {
        return op_;
    }

  private:
    friend class Batch;

    Op(auraio_op_type_t type, int fd) noexcept : op_{}
    {
        op_.type = type;
        op_.fd = fd;
    }

    static Op transfer(auraio_op_type_t type, FileRef file, const auraio_buf_t &buf,
                       std::size_t len, std::int64_t offset) noexcept
    {
        Op op(type, file.fd());
        op.op_.buf = buf;
        op.op_.len = len;
        op.op_.offset = offset;
        return op;
    }

    static Op vectored(auraio_op_type_t type, FileRef file, std::span<const iovec> iov,
                       std::int64_t offset) noexcept
    {
        Op op(type, file.fd());
        op.op_.iov = iov.data();
        op.op_.iovcnt = detail::count(iov.size());
        op.op_.offset = offset;
        return op;
    }

    auraio_op_t op_;
};

} // namespace v0_1
} // namespace auraio

#endif
