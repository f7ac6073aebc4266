// SPDX-License-Identifier: Apache-2.0
// The end of a program that would go on with memory which the kernel still uses.
#ifndef AURAIO_DETAIL_DIE_HPP
#define AURAIO_DETAIL_DIE_HPP

#include <cstdio>
#include <exception>

namespace auraio
{
inline namespace v0_1
{
namespace detail
{

[[noreturn, gnu::cold]] inline void die(const char *why) noexcept
{
    std::fprintf(stderr, "auraio: %s\n", why);
    std::terminate();
}

} // namespace detail
} // namespace v0_1
} // namespace auraio

#endif
