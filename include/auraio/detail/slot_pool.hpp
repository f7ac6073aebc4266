// SPDX-License-Identifier: Apache-2.0
// Memory for callables between submission and completion: slots of one size, made in chunks that
// double and kept until the pool ends, so that a warm pool allocates nothing. Any thread takes a
// slot and any other gives it back.
//
// Free slots are a stack. Its head has the number of the top slot plus one, 0 for none, and above
// that a count of the changes made, without which a head read before other threads took the slot
// and gave it back would be mistaken for the one of now.
#ifndef AURAIO_DETAIL_SLOT_POOL_HPP
#define AURAIO_DETAIL_SLOT_POOL_HPP

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <new>

namespace auraio
{
inline namespace v0_1
{
namespace detail
{

class SlotPool
{
    // At the end of each slot, behind the callable; written once, but for next.
    struct Header {
        SlotPool *pool;
        std::uint32_t index;
        std::atomic<std::uint32_t> next; // below this one in the stack: number plus one
    };

  public:
    static constexpr std::size_t smallest = 64, alignment = 64;

    // What a slot of so many bytes has room for.
    static constexpr std::size_t room(std::size_t slot_bytes) noexcept
    {
        return slot_bytes - sizeof(Header);
    }

    SlotPool() noexcept = default;
    SlotPool(const SlotPool &) = delete;
    SlotPool &operator=(const SlotPool &) = delete;
    ~SlotPool()
    {
        for (const auto &chunk : chunks_)
            ::operator delete (chunk.load(std::memory_order_relaxed), std::align_val_t{alignment});
    }

    // Before use; slot_bytes is a power of two, at least smallest.
    void set_size(std::size_t slot_bytes) noexcept
    {
        bytes_ = slot_bytes;
        first_bits_ = slot_bytes < 2048 ? std::countr_zero(2048 / slot_bytes) : 0;
    }

    // Throws std::bad_alloc.
    void *take()
    {
        Header *slot = pop();
        return start_of(slot ? slot : grow());
    }

    // slot is one that take gave, of this pool or another with slots of so many bytes.
    static void give_back(void *slot, std::size_t slot_bytes) noexcept
    {
        Header *header = header_of(slot, slot_bytes);
        header->pool->push(header, header);
    }

  private:
    static Header *header_of(void *slot, std::size_t slot_bytes) noexcept
    {
        return reinterpret_cast<Header *>(static_cast<std::byte *>(slot) + room(slot_bytes));
    }

    void *start_of(Header *slot) const noexcept
    {
        return reinterpret_cast<std::byte *>(slot) - room(bytes_);
    }

    // Chunk c has 2^(first_bits_ + c) slots, so that numbers tell chunks.
    static int chunk_of(std::uint32_t index, int first_bits) noexcept
    {
        return static_cast<int>(std::bit_width((index >> first_bits) + 1)) - 1;
    }

    std::uint32_t first_of(int chunk) const noexcept
    {
        return ((std::uint32_t{1} << chunk) - 1) << first_bits_;
    }

    Header *header(std::uint32_t index) const noexcept
    {
        const int chunk = chunk_of(index, first_bits_);
        std::byte *slots = chunks_[static_cast<std::size_t>(chunk)].load(std::memory_order_relaxed);
        return header_of(slots + bytes_ * (index - first_of(chunk)), bytes_);
    }

    static std::uint64_t changed(std::uint64_t head, std::uint32_t top) noexcept
    {
        return ((head >> 32) + 1) << 32 | top;
    }

    // Puts a chain on the stack that is linked from first to last already. The release pairs with
    // the acquire in pop: who takes the slot sees it, its chunk, and what its last user did there.
    void push(Header *first, Header *last) noexcept
    {
        std::uint64_t head = head_.load(std::memory_order_relaxed);
        do
            last->next.store(static_cast<std::uint32_t>(head), std::memory_order_relaxed);
        while (!head_.compare_exchange_weak(head, changed(head, first->index + 1),
                                            std::memory_order_acq_rel, std::memory_order_relaxed));
    }

    // NULL when there is none. The slot may be in use by the time its next is read; then the head
    // has changed too.
    Header *pop() noexcept
    {
        std::uint64_t head = head_.load(std::memory_order_acquire);
        for (;;) {
            const auto top = static_cast<std::uint32_t>(head);
            if (!top)
                return nullptr;
            Header *slot = header(top - 1);
            const std::uint32_t next = slot->next.load(std::memory_order_relaxed);
            if (head_.compare_exchange_weak(head, changed(head, next), std::memory_order_acq_rel,
                                            std::memory_order_acquire))
                return slot;
        }
    }

    // One chunk more, unless another thread has just made one. Gives its first slot.
    [[gnu::noinline]] Header *grow()
    {
        const std::lock_guard lock(growing_);
        if (Header *slot = pop())
            return slot;
        const int chunk = chunk_of(count_, first_bits_);
        const std::uint32_t slots = std::uint32_t{1} << (chunk + first_bits_);
        auto *memory =
            static_cast<std::byte *>(::operator new (slots *bytes_, std::align_val_t{alignment}));
        chunks_[static_cast<std::size_t>(chunk)].store(memory, std::memory_order_relaxed);
        for (std::uint32_t i = 0; i < slots; i++) // next: the one behind it, as a number plus one
            ::new (header_of(memory + bytes_ * i, bytes_)) Header{this, count_ + i, count_ + i + 2};
        Header *first = header(count_);
        if (slots > 1)
            push(header(count_ + 1), header(count_ + slots - 1));
        count_ += slots;
        return first;
    }

    std::size_t bytes_ = 0;
    int first_bits_ = 0;
    std::atomic<std::uint64_t> head_{0};
    std::array<std::atomic<std::byte *>, 31> chunks_{};
    std::mutex growing_;
    std::uint32_t count_ = 0; // slots there are; under growing_
};

} // namespace detail
} // namespace v0_1
} // namespace auraio

#endif
