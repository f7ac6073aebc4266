// SPDX-License-Identifier: Apache-2.0
// Several operations with their callbacks, submitted in one call, auraio_submit(3).
#ifndef AURAIO_BATCH_HPP
#define AURAIO_BATCH_HPP

#include <auraio/detail/callback_storage.hpp>
#include <auraio/engine.hpp>
#include <auraio/op.hpp>
#include <auraio/request.hpp>

#include <auraio.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace auraio
{
inline namespace v0_1
{

// What was added and not yet accepted is owned by the batch and ends with it, before its engine
// does. It keeps its memory: filled and submitted again and again it allocates nothing. One thread
// at a time. Since 0.1.
class Batch
{
  public:
    // The engine may be moved meanwhile.
    explicit Batch(Engine &engine) : state_(&engine.state("Batch"))
    {
    }
    Batch(const Batch &) = delete;
    Batch &operator=(const Batch &) = delete;
    ~Batch()
    {
        clear();
    }

    template <Callback F = std::nullptr_t> void add(const Op &op, F &&callback = nullptr)
    {
        if (ops_.size() == ops_.capacity())
            ops_.reserve(std::max<std::size_t>(16, 2 * ops_.capacity()));
        if (discards_.size() == discards_.capacity())
            discards_.reserve(ops_.capacity());
        const detail::Binding to = detail::bind(state_->callbacks(), std::forward<F>(callback));
        auraio_op_t &bound = ops_.emplace_back(op.c_op()); // there is room, so nothing is thrown
        bound.callback = to.callback;
        bound.user_data = to.user_data;
        discards_.emplace_back(to.discard);
    }

    std::size_t size() const noexcept
    {
        return ops_.size();
    }
    bool empty() const noexcept
    {
        return ops_.empty();
    }
    void clear() noexcept
    {
        for (std::size_t i = 0; i < ops_.size(); i++)
            detail::Binding{ops_[i].callback, ops_[i].user_data, discards_[i]}.give_up();
        forget(ops_.size());
    }

    // Returns how many were accepted, from the front; the others remain, to be submitted again.
    // Throws Error when there are some and none was accepted. requests is empty or has size()
    // places, of which as many as were accepted are written.
    std::size_t submit(std::span<Request> requests = {})
    {
        auraio_request_t **handles = nullptr;
        if (!requests.empty()) {
            if (requests.size() < ops_.size())
                throw Error(EINVAL, "auraio_submit");
            handles_.resize(ops_.size());
            handles = handles_.data();
        }
        const ssize_t n = auraio_submit(state_->engine(), ops_.data(), ops_.size(), handles);
        check(n >= 0, "auraio_submit");
        const auto accepted = static_cast<std::size_t>(n);
        for (std::size_t i = 0; handles && i < accepted; i++)
            requests[i] = Request(handles[i]);
        forget(accepted);
        return accepted;
    }

  private:
    // The first n, whose callables belong to somebody else now or are gone.
    void forget(std::size_t n) noexcept
    {
        ops_.erase(ops_.begin(), ops_.begin() + static_cast<std::ptrdiff_t>(n));
        discards_.erase(discards_.begin(), discards_.begin() + static_cast<std::ptrdiff_t>(n));
    }

    detail::EngineState *state_;
    std::vector<auraio_op_t> ops_;
    std::vector<void (*)(void *) noexcept> discards_; // of each, what Binding has
    std::vector<auraio_request_t *> handles_;
};

} // namespace v0_1
} // namespace auraio

#endif
