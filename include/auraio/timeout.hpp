// SPDX-License-Identifier: Apache-2.0
// How long to wait: milliseconds as the C API has them, or a duration of the standard library.
#ifndef AURAIO_TIMEOUT_HPP
#define AURAIO_TIMEOUT_HPP

#include <climits>
#include <concepts>
#include <utility>

namespace auraio
{
inline namespace v0_1
{

namespace detail
{

// std::chrono::duration, known by what it has: <chrono> is slow to compile.
template <typename D>
concept Duration = requires(const D &duration)
{
    static_cast<double>(duration.count());
    D::period::num / D::period::den;
};

} // namespace detail

// An integer is taken as it is: -1 is no limit, 0 does not wait. A std::chrono::duration is rounded
// up to whole milliseconds; one that is not positive does not wait. What is over INT_MAX ms (24
// days) is no limit. A bool or a number of seconds with a fraction is none of these, and does not
// compile. Since 0.1.
class Timeout
{
  public:
    constexpr Timeout(int ms) noexcept : ms_(ms)
    {
    }

    template <std::integral I>
    requires(!std::same_as<I, bool>) constexpr Timeout(I ms) noexcept
        : ms_(std::cmp_greater(ms, INT_MAX) ? -1
              : std::cmp_less(ms, INT_MIN)  ? INT_MIN
                                            : static_cast<int>(ms))
    {
    }

    Timeout(std::same_as<bool> auto) = delete;
    Timeout(std::floating_point auto) = delete;

    template <detail::Duration D>
    constexpr Timeout(const D &duration) noexcept
        : ms_(round_up(static_cast<double>(duration.count()) * 1000 * D::period::num /
                       D::period::den))
    {
    }

    static constexpr Timeout none() noexcept
    {
        return -1;
    }

    constexpr int ms() const noexcept
    {
        return ms_;
    }

  private:
    static constexpr int round_up(double ms) noexcept
    {
        if (!(ms > 0))
            return 0;
        if (ms > INT_MAX)
            return -1;
        const int whole = static_cast<int>(ms);
        return whole < ms ? whole + 1 : whole;
    }

    int ms_;
};

} // namespace v0_1
} // namespace auraio

#endif
