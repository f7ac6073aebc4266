// SPDX-License-Identifier: Apache-2.0
// How an engine is to be: auraio_options_t with setters that can be chained.
#ifndef AURAIO_OPTIONS_HPP
#define AURAIO_OPTIONS_HPP

#include <auraio.h>

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace auraio
{
inline namespace v0_1
{

// Which ring takes a submission. Since 0.1.
enum class RingSelect : int {
    adaptive = AURAIO_SELECT_ADAPTIVE,
    cpu_local = AURAIO_SELECT_CPU_LOCAL,
    round_robin = AURAIO_SELECT_ROUND_ROBIN
};

// What serves the operations. Since 0.1.
enum class Backend : int {
    automatic = AURAIO_BACKEND_AUTO,
    uring = AURAIO_BACKEND_URING,
    threads = AURAIO_BACKEND_THREADS
};

// What becomes of a submission beyond the in-flight limit. Since 0.1.
enum class Overflow : int {
    queue = AURAIO_OVERFLOW_QUEUE,
    again = AURAIO_OVERFLOW_EAGAIN,
    block = AURAIO_OVERFLOW_BLOCK
};

// The control law. Since 0.1.
enum class Control : int { knee = AURAIO_CONTROL_KNEE, aimd = AURAIO_CONTROL_AIMD };

// Each setter is named as the field of auraio_options_t that it sets, and returns *this; without a
// value the same name returns the field. What the fields mean and their defaults tells
// auraio_options_init(3). A value out of its range is refused when an engine is made. Since 0.1.
class Options
{
  public:
    Options() noexcept
    {
        auraio_options_init(&options_);
    }

    Options &queue_depth(int value) noexcept
    {
        options_.queue_depth = value;
        return *this;
    }
    int queue_depth() const noexcept
    {
        return options_.queue_depth;
    }
    Options &ring_count(int value) noexcept
    {
        options_.ring_count = value;
        return *this;
    }
    int ring_count() const noexcept
    {
        return options_.ring_count;
    }
    Options &initial_in_flight(int value) noexcept
    {
        options_.initial_in_flight = value;
        return *this;
    }
    int initial_in_flight() const noexcept
    {
        return options_.initial_in_flight;
    }
    Options &min_in_flight(int value) noexcept
    {
        options_.min_in_flight = value;
        return *this;
    }
    int min_in_flight() const noexcept
    {
        return options_.min_in_flight;
    }
    Options &max_p99_latency_ms(double value) noexcept
    {
        options_.max_p99_latency_ms = value;
        return *this;
    }
    double max_p99_latency_ms() const noexcept
    {
        return options_.max_p99_latency_ms;
    }
    Options &buffer_alignment(std::size_t value) noexcept
    {
        options_.buffer_alignment = value;
        return *this;
    }
    std::size_t buffer_alignment() const noexcept
    {
        return options_.buffer_alignment;
    }
    Options &disable_adaptive(bool value) noexcept
    {
        options_.disable_adaptive = value;
        return *this;
    }
    bool disable_adaptive() const noexcept
    {
        return options_.disable_adaptive;
    }
    Options &enable_sqpoll(bool value) noexcept
    {
        options_.enable_sqpoll = value;
        return *this;
    }
    bool enable_sqpoll() const noexcept
    {
        return options_.enable_sqpoll;
    }
    Options &single_thread(bool value) noexcept
    {
        options_.single_thread = value;
        return *this;
    }
    bool single_thread() const noexcept
    {
        return options_.single_thread;
    }
    Options &report_short(bool value) noexcept
    {
        options_.report_short = value;
        return *this;
    }
    bool report_short() const noexcept
    {
        return options_.report_short;
    }
    Options &resolve_registered_files(bool value) noexcept
    {
        options_.resolve_registered_files = value;
        return *this;
    }
    bool resolve_registered_files() const noexcept
    {
        return options_.resolve_registered_files;
    }
    Options &control(Control value) noexcept
    {
        options_.control = static_cast<auraio_control_t>(value);
        return *this;
    }
    Control control() const noexcept
    {
        return static_cast<Control>(options_.control);
    }
    Options &overflow(Overflow value) noexcept
    {
        options_.overflow = static_cast<auraio_overflow_t>(value);
        return *this;
    }
    Overflow overflow() const noexcept
    {
        return static_cast<Overflow>(options_.overflow);
    }
    Options &ring_select(RingSelect value) noexcept
    {
        options_.ring_select = static_cast<auraio_ring_select_t>(value);
        return *this;
    }
    RingSelect ring_select() const noexcept
    {
        return static_cast<RingSelect>(options_.ring_select);
    }
    Options &sqpoll_idle_ms(int value) noexcept
    {
        options_.sqpoll_idle_ms = value;
        return *this;
    }
    int sqpoll_idle_ms() const noexcept
    {
        return options_.sqpoll_idle_ms;
    }
    Options &batch_threshold(int value) noexcept
    {
        options_.batch_threshold = value;
        return *this;
    }
    int batch_threshold() const noexcept
    {
        return options_.batch_threshold;
    }
    Options &backend(Backend value) noexcept
    {
        options_.backend = static_cast<auraio_backend_t>(value);
        return *this;
    }
    Backend backend() const noexcept
    {
        return static_cast<Backend>(options_.backend);
    }
    Options &backend_threads(int value) noexcept
    {
        options_.backend_threads = value;
        return *this;
    }
    int backend_threads() const noexcept
    {
        return options_.backend_threads;
    }
    Options &publish_stats(int value) noexcept
    {
        options_.publish_stats = value;
        return *this;
    }
    int publish_stats() const noexcept
    {
        return options_.publish_stats;
    }

    // At most AURAIO_NAME_MAX - 1 bytes. A longer name is kept without an end, which the library
    // refuses.
    Options &name(std::string_view value) noexcept
    {
        std::fill(std::begin(options_.name), std::end(options_.name), '\0');
        std::copy_n(value.data(), std::min(value.size(), sizeof options_.name), options_.name);
        return *this;
    }
    std::string_view name() const noexcept
    {
        const char *end = std::find(std::begin(options_.name), std::end(options_.name), '\0');
        return {options_.name, static_cast<std::size_t>(end - options_.name)};
    }

    const auraio_options_t &c_options() const noexcept
    {
        return options_;
    }

  private:
    auraio_options_t options_;
};

} // namespace v0_1
} // namespace auraio

#endif
