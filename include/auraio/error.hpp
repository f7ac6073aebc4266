// SPDX-License-Identifier: Apache-2.0
// What a call that fails throws: errno as an exception of the standard's kind.
#ifndef AURAIO_ERROR_HPP
#define AURAIO_ERROR_HPP

#include <cerrno>
#include <system_error>

namespace auraio
{
inline namespace v0_1
{

// code() is an errno in std::generic_category(), so it compares with std::errc; what() is
// "context: " and the errno in words. Since 0.1.
class Error : public std::system_error
{
  public:
    Error(int errno_value, const char *context)
        : std::system_error(errno_value, std::generic_category(), context)
    {
    }

    int errno_value() const noexcept
    {
        return code().value();
    }
    bool is_invalid() const noexcept
    {
        return errno_value() == EINVAL;
    }
    bool is_again() const noexcept
    {
        return errno_value() == EAGAIN;
    }
    bool is_shutdown() const noexcept
    {
        return errno_value() == ESHUTDOWN;
    }
    bool is_cancelled() const noexcept
    {
        return errno_value() == ECANCELED;
    }
    bool is_busy() const noexcept
    {
        return errno_value() == EBUSY;
    }
    bool is_not_found() const noexcept
    {
        return errno_value() == ENOENT;
    }
};

[[noreturn]] inline void throw_errno(const char *context)
{
    throw Error(errno, context);
}

// Throws errno as it stands, unless the condition holds.
inline void check(bool condition, const char *context)
{
    if (!condition)
        throw_errno(context);
}

namespace detail
{

// For calls of the C API that return a number or -1.
inline int checked(int result, const char *context)
{
    check(result >= 0, context);
    return result;
}

} // namespace detail

} // namespace v0_1
} // namespace auraio

#endif
