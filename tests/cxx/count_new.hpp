// SPDX-License-Identifier: Apache-2.0
// Replaces operator new by one that counts, and fails when it is told to. Included by one file of a
// program. Not inlined: GCC would take the calls of free for a mistake.
#ifndef COUNT_NEW_HPP
#define COUNT_NEW_HPP

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

inline std::atomic<long> allocations{0};
inline std::atomic<long> aligned_allocations{0}; // of these, such as slots for callables are

inline std::atomic<long> living_allocations{0};

// The number, in allocations, of the one that fails, and whether all after it do; 0: none.
inline std::atomic<long> first_refused{0};
inline std::atomic<bool> refuses_ever_after{false};
inline std::atomic<long> refusals{0};

inline void *counted(std::size_t alignment, std::size_t bytes)
{
    const long number = allocations.fetch_add(1, std::memory_order_relaxed) + 1;
    const long first = first_refused.load();
    if (first && (number == first || (number > first && refuses_ever_after.load()))) {
        refusals.fetch_add(1);
        throw std::bad_alloc();
    }
    bytes = (bytes + alignment - 1) / alignment * alignment;
    void *memory = std::aligned_alloc(alignment, bytes);
    if (!memory)
        throw std::bad_alloc();
    living_allocations.fetch_add(1, std::memory_order_relaxed);
    return memory;
}

[[gnu::noinline]] inline void give_back(void *memory) noexcept
{
    if (memory)
        living_allocations.fetch_sub(1, std::memory_order_relaxed);
    std::free(memory);
}

[[gnu::noinline]] void *operator new(std::size_t bytes)
{
    return counted(alignof(std::max_align_t), bytes);
}
[[gnu::noinline]] void *operator new(std::size_t bytes, std::align_val_t alignment)
{
    aligned_allocations.fetch_add(1, std::memory_order_relaxed);
    return counted(static_cast<std::size_t>(alignment), bytes);
}
[[gnu::noinline]] void *operator new(std::size_t bytes, const std::nothrow_t &) noexcept
{
    try {
        return ::operator new(bytes);
    } catch (const std::bad_alloc &) {
        return nullptr;
    }
}
[[gnu::noinline]] void operator delete(void *memory) noexcept
{
    give_back(memory);
}
[[gnu::noinline]] void operator delete(void *memory, std::size_t) noexcept
{
    give_back(memory);
}
[[gnu::noinline]] void operator delete(void *memory, std::align_val_t) noexcept
{
    give_back(memory);
}
[[gnu::noinline]] void operator delete(void *memory, std::size_t, std::align_val_t) noexcept
{
    give_back(memory);
}

#endif
