// SPDX-License-Identifier: Apache-2.0
// What an Engine is made of. It does not move when the Engine does: slots of callables and buffers
// point into it.
#ifndef AURAIO_DETAIL_ENGINE_STATE_HPP
#define AURAIO_DETAIL_ENGINE_STATE_HPP

#include <auraio/detail/callback_storage.hpp>
#include <auraio/detail/die.hpp>
#include <auraio/detail/engine_life.hpp>
#include <auraio/detail/waiters.hpp>
#include <auraio/error.hpp>

#include <auraio.h>

#include <atomic>
#include <cerrno>
#include <new>

namespace auraio
{
inline namespace v0_1
{
namespace detail
{

class EngineState
{
  public:
    // NULL stands for the defaults. Throws Error and std::bad_alloc.
    explicit EngineState(const auraio_options_t *options)
        : engine_(auraio_create_with_options(options)),
          waiters_(engine_, options && options->single_thread)
    {
        check(engine_ != nullptr, "auraio_create_with_options");
        life_ = new (std::nothrow) EngineLife(engine_);
        if (!life_) {
            auraio_destroy(engine_);
            throw std::bad_alloc();
        }
    }
    EngineState(const EngineState &) = delete;
    EngineState &operator=(const EngineState &) = delete;

    // 0 or an errno, as auraio_destroy_timeout. After 0 and ETIMEDOUT there is no engine, and state
    // is gone; it stays for good where a callable in it may be running or in use: when operations
    // were abandoned, and in a child that a callback forked.
    static int end(EngineState *state, int timeout_ms) noexcept
    {
        const bool is_forked = state->life_->begin_end();
        const int error = auraio_destroy_timeout(state->engine_, timeout_ms) < 0 ? errno : 0;
        if (error && error != ETIMEDOUT) {
            state->life_->call_off_end();
            return error;
        }
        state->life_->end();
        if (error || (is_forked && auraio_in_callback()))
            keep(state);
        else
            delete state;
        return error;
    }

    auraio_engine_t *engine() const noexcept
    {
        return engine_;
    }
    EngineLife *life() const noexcept
    {
        return life_;
    }
    CallbackPool &callbacks() noexcept
    {
        return callbacks_;
    }

    Waiters &waiters() noexcept
    {
        return waiters_;
    }

  private:
    ~EngineState() = default;

    // On a list, so that a leak checker sees that it is meant.
    static void keep(EngineState *state) noexcept
    {
        state->next_kept_ = kept_.load(std::memory_order_relaxed);
        while (!kept_.compare_exchange_weak(state->next_kept_, state, std::memory_order_release,
                                            std::memory_order_relaxed))
            ;
    }

    inline static std::atomic<EngineState *> kept_{nullptr};

    CallbackPool callbacks_;
    auraio_engine_t *const engine_;
    Waiters waiters_;
    EngineLife *life_ = nullptr;
    EngineState *next_kept_ = nullptr;
};

// What an Engine does in its destructor.
struct EndEngine {
    void operator()(EngineState *state) const noexcept
    {
        constexpr int timeout_ms = 10000; // that of auraio_destroy
        const int error = EngineState::end(state, timeout_ms);
        if (error && error != ETIMEDOUT)
            die("an Engine was destroyed in a callback");
    }
};

} // namespace detail
} // namespace v0_1
} // namespace auraio

#endif
