// SPDX-License-Identifier: Apache-2.0
// A callable becomes a C callback and its user_data. One that is no bigger than a pointer and
// trivial to copy is kept in user_data itself; any other in a slot of the engine's pool. After the
// call it is destroyed where it lies.
#ifndef AURAIO_DETAIL_CALLBACK_STORAGE_HPP
#define AURAIO_DETAIL_CALLBACK_STORAGE_HPP

#include <auraio/detail/slot_pool.hpp>
#include <auraio/request.hpp>

#include <auraio.h>

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace auraio
{
inline namespace v0_1
{

// What an operation may be given to call: void(Request &, ssize_t), move-only too; or nullptr, when
// nobody needs to know.
template <typename F>
concept Callback = std::same_as<std::remove_cvref_t<F>, std::nullptr_t> ||
    (std::constructible_from<std::decay_t<F>, F> &&requires(std::decay_t<F> &call, Request &request,
                                                            ssize_t result) {
        call(request, result);
    });

namespace detail
{

// One SlotPool for each power of two from 64 bytes to 64 KiB.
class CallbackPool
{
    static constexpr std::size_t sizes = 11;

  public:
    static constexpr std::size_t largest =
        SlotPool::room(SlotPool::smallest << (sizes - 1)); // bytes of a callable

    CallbackPool() noexcept
    {
        std::size_t bytes = SlotPool::smallest;
        for (SlotPool &pool : pools_) {
            pool.set_size(bytes);
            bytes *= 2;
        }
    }

    // Bytes of the slot that has room for so many.
    static constexpr std::size_t slot_bytes(std::size_t bytes) noexcept
    {
        std::size_t slot = SlotPool::smallest;
        while (SlotPool::room(slot) < bytes)
            slot *= 2;
        return slot;
    }

    // slot_bytes is one that the function above gave.
    void *take(std::size_t slot_bytes)
    {
        return pools_[static_cast<std::size_t>(std::countr_zero(slot_bytes / SlotPool::smallest))]
            .take();
    }

  private:
    std::array<SlotPool, sizes> pools_;
};

// What the C API gets, and what becomes of the callable when it refuses. Freely copied.
struct Binding {
    auraio_callback_t callback = nullptr;
    void *user_data = nullptr;
    void (*discard)(void *user_data) noexcept = nullptr;

    void give_up() const noexcept
    {
        if (discard)
            discard(user_data);
    }
};

template <typename F>
inline constexpr bool
    fits_in_pointer = sizeof(F) <= sizeof(void *) &&
                      std::is_trivially_copyable_v<F> &&std::is_trivially_destructible_v<F>;

template <typename F>
void call_from_pointer(auraio_request_t *handle, ssize_t result, void *user_data) noexcept
{
    alignas(F) std::byte bytes[sizeof(F)];
    Request request(handle);

    std::memcpy(bytes, &user_data, sizeof(F));
    (*std::launder(reinterpret_cast<F *>(bytes)))(request, result);
}

template <typename F> void discard_slot(void *slot) noexcept
{
    std::destroy_at(static_cast<F *>(slot));
    SlotPool::give_back(slot, CallbackPool::slot_bytes(sizeof(F)));
}

template <typename F>
void call_from_slot(auraio_request_t *handle, ssize_t result, void *slot) noexcept
{
    Request request(handle);

    (*static_cast<F *>(slot))(request, result);
    discard_slot<F>(slot);
}

// Throws what making F from call throws, and std::bad_alloc; nothing is kept then.
template <Callback C> Binding bind(CallbackPool &pool, C &&call)
{
    using F = std::decay_t<C>;

    if constexpr (std::same_as<F, std::nullptr_t>) {
        return {};
    } else if constexpr (fits_in_pointer<F>) {
        const F kept(std::forward<C>(call));
        void *user_data = nullptr;
        std::memcpy(&user_data, &kept, sizeof(F));
        return {call_from_pointer<F>, user_data, nullptr};
    } else {
        static_assert(sizeof(F) <= CallbackPool::largest,
                      "a callback of over 64 KiB: capture a pointer to its data");
        static_assert(alignof(F) <= SlotPool::alignment,
                      "a callback aligned to more than 64 bytes: capture a pointer to its data");
        constexpr std::size_t bytes = CallbackPool::slot_bytes(sizeof(F));
        void *slot = pool.take(bytes);
        if constexpr (std::is_nothrow_constructible_v<F, C>) {
            ::new (slot) F(std::forward<C>(call));
        } else {
            try {
                ::new (slot) F(std::forward<C>(call));
            } catch (...) {
                SlotPool::give_back(slot, bytes);
                throw;
            }
        }
        return {call_from_slot<F>, slot, discard_slot<F>};
    }
}

} // namespace detail

} // namespace v0_1
} // namespace auraio

#endif
