// SPDX-License-Identifier: Apache-2.0
// Memory for I/O: what a read or write is told, and buffers of the engine's pool that free
// themselves.
#ifndef AURAIO_BUFFER_HPP
#define AURAIO_BUFFER_HPP

#include <auraio/detail/engine_life.hpp>

#include <auraio.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>

namespace auraio
{
inline namespace v0_1
{

// Where a read puts its data: an address, or a place in a registered buffer. A reference: the
// memory is somebody else's, and stays valid until the callback has run. A const pointer makes
// none. Since 0.1.
class BufferRef
{
  public:
    BufferRef(void *data) noexcept : buf_(auraio_buf(data))
    {
    }
    BufferRef(const void *) = delete;

    static BufferRef fixed(int index, std::size_t offset = 0) noexcept
    {
        return BufferRef(auraio_buf_fixed(index, offset));
    }

    bool is_registered() const noexcept
    {
        return buf_.type == AURAIO_BUF_REGISTERED;
    }
    const auraio_buf_t &c_buf() const noexcept
    {
        return buf_;
    }

  private:
    explicit BufferRef(const auraio_buf_t &buf) noexcept : buf_(buf)
    {
    }

    auraio_buf_t buf_;
};

// Where a write takes its data from: what a read takes, or constant memory. Since 0.1.
class ConstBufferRef
{
  public:
    ConstBufferRef(BufferRef buf) noexcept : buf_(buf.c_buf())
    {
    }
    ConstBufferRef(void *data) noexcept : buf_(auraio_buf(data))
    {
    }
    explicit ConstBufferRef(const void *data) noexcept : buf_(auraio_buf(data))
    {
    }

    static ConstBufferRef fixed(int index, std::size_t offset = 0) noexcept
    {
        return BufferRef::fixed(index, offset);
    }

    bool is_registered() const noexcept
    {
        return buf_.type == AURAIO_BUF_REGISTERED;
    }
    const auraio_buf_t &c_buf() const noexcept
    {
        return buf_;
    }

  private:
    auraio_buf_t buf_;
};

inline BufferRef buf(void *data) noexcept
{
    return data;
}
inline ConstBufferRef buf(const void *data) noexcept
{
    return ConstBufferRef(data);
}
inline BufferRef buf_fixed(int index, std::size_t offset = 0) noexcept
{
    return BufferRef::fixed(index, offset);
}

// A descriptor, or a registered file by its index. Nothing is owned. Since 0.1.
class FileRef
{
  public:
    constexpr FileRef(int fd) noexcept : fd_(fd)
    {
    }

    static FileRef fixed(int index) noexcept
    {
        return auraio_fixed_file(index);
    }

    // As the C API takes it.
    constexpr int fd() const noexcept
    {
        return fd_;
    }
    // Descriptors are not negative, AT_FDCWD is -100, and registered files begin at INT_MIN.
    constexpr bool is_registered() const noexcept
    {
        return fd_ < INT_MIN / 2;
    }

  private:
    int fd_;
};

// What Buffer::release gives. With an engine the memory goes back by auraio_buffer_free(engine,
// data), without one by free(3). Since 0.1.
struct ReleasedBuffer {
    void *data;
    std::size_t size;
    auraio_engine_t *engine;
};

// Owns memory of an engine's pool, from Engine::allocate_buffer; or is a view of somebody else's,
// from wrap. Any thread may end it; no operation may be using it then: a callback may own it, and a
// temporary, which would end before the operation, is refused at compile time. It may outlive its
// engine. One Buffer at a time belongs to one thread. Since 0.1.
class Buffer
{
  public:
    Buffer() noexcept = default;
    Buffer(Buffer &&other) noexcept
        : life_(std::exchange(other.life_, nullptr)), data_(std::exchange(other.data_, nullptr)),
          size_(std::exchange(other.size_, 0))
    {
    }
    Buffer &operator=(Buffer &&other) noexcept
    {
        Buffer taken(std::move(other));
        std::swap(life_, taken.life_);
        std::swap(data_, taken.data_);
        std::swap(size_, taken.size_);
        return *this;
    }
    ~Buffer()
    {
        if (life_)
            life_->free(data_);
    }

    static Buffer wrap(void *data, std::size_t size) noexcept
    {
        return Buffer(nullptr, data, size);
    }

    void *data() noexcept
    {
        return data_;
    }
    const void *data() const noexcept
    {
        return data_;
    }
    // As it was asked for; Engine::buffer_size tells what there is.
    std::size_t size() const noexcept
    {
        return size_;
    }
    std::span<std::byte> span() noexcept
    {
        return {static_cast<std::byte *>(data_), size_};
    }
    std::span<const std::byte> span() const noexcept
    {
        return {static_cast<const std::byte *>(data_), size_};
    }
    // As many whole T as fit.
    template <typename T>
    requires std::is_trivially_copyable_v<T> std::span<T> as()
    noexcept
    {
        return {static_cast<T *>(data_), size_ / sizeof(T)};
    }
    template <typename T>
    requires std::is_trivially_copyable_v<T> std::span<const T> as()
    const noexcept
    {
        return {static_cast<const T *>(data_), size_ / sizeof(T)};
    }

    BufferRef ref() &noexcept
    {
        return data_;
    }
    ConstBufferRef ref() const &noexcept
    {
        return buf(static_cast<const void *>(data_));
    }
    void ref() const && = delete;
    operator BufferRef() &noexcept
    {
        return ref();
    }
    operator ConstBufferRef() const &noexcept
    {
        return ref();
    }
    operator BufferRef() const && = delete;
    operator ConstBufferRef() const && = delete;

    // Whether there is memory that this object will free.
    bool owned() const noexcept
    {
        return life_ != nullptr;
    }
    explicit operator bool() const noexcept
    {
        return data_ != nullptr;
    }

    // Gives the memory up without freeing it; then the Buffer is empty. The engine is NULL when it
    // is gone already and when the memory was not owned.
    ReleasedBuffer release() noexcept
    {
        const ReleasedBuffer released{data_, size_, life_ ? life_->engine() : nullptr};

        if (life_)
            life_->forget();
        life_ = nullptr;
        data_ = nullptr;
        size_ = 0;
        return released;
    }

  private:
    friend class Engine;

    Buffer(detail::EngineLife *life, void *data, std::size_t size) noexcept
        : life_(life), data_(data), size_(size)
    {
    }

    detail::EngineLife *life_ = nullptr; // NULL: nothing is owned
    void *data_ = nullptr;
    std::size_t size_ = 0;
};

} // namespace v0_1
} // namespace auraio

#endif
