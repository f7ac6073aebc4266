// SPDX-License-Identifier: Apache-2.0
// The log handler of the process, and the version of the library.
#ifndef AURAIO_LOG_HPP
#define AURAIO_LOG_HPP

#include <auraio.h>

#include <concepts>
#include <cstddef>
#include <memory>
#include <string_view>
#include <type_traits>

namespace auraio
{
inline namespace v0_1
{

// As in syslog(3). Since 0.1.
enum class LogLevel : int {
    err = AURAIO_LOG_ERR,
    warn = AURAIO_LOG_WARN,
    notice = AURAIO_LOG_NOTICE,
    info = AURAIO_LOG_INFO,
    debug = AURAIO_LOG_DEBUG
};

template <typename F>
concept LogHandler = requires(F &handler, LogLevel level, std::string_view message)
{
    handler(level, message);
};

// The handler is called with (LogLevel, std::string_view), on any thread and on several at once. It
// must not use the library, and one that throws terminates. It is not copied: keep it for as long
// as a thread may be inside it, best until the process ends. Since 0.1.
template <LogHandler F>
requires std::is_object_v<F>
void set_log_handler(F &handler) noexcept
{
    auraio_set_log_handler(
        [](int level, const char *message, void *user_data) noexcept {
            (*static_cast<F *>(user_data))(static_cast<LogLevel>(level), std::string_view(message));
        },
        const_cast<void *>(static_cast<const volatile void *>(std::addressof(handler))));
}

// A temporary would be gone before it is called.
template <typename F> void set_log_handler(const F &&) = delete;

// A function is there for good.
inline void set_log_handler(void (*handler)(LogLevel, std::string_view)) noexcept
{
    auraio_set_log_handler(
        [](int level, const char *message, void *user_data) noexcept {
            reinterpret_cast<void (*)(LogLevel, std::string_view)>(user_data)(
                static_cast<LogLevel>(level), std::string_view(message));
        },
        reinterpret_cast<void *>(handler));
}

// A lambda without captures needs no place to be kept.
template <LogHandler F>
requires(!std::is_lvalue_reference_v<F> && std::is_empty_v<F> &&
         std::default_initializable<F>) void set_log_handler(F &&) noexcept
{
    auraio_set_log_handler(
        [](int level, const char *message, void *) noexcept {
            F()(static_cast<LogLevel>(level), std::string_view(message));
        },
        nullptr);
}

// Silence, as at the start.
inline void set_log_handler(std::nullptr_t) noexcept
{
    auraio_set_log_handler(nullptr, nullptr);
}

// Of the library that runs: "0.1.0", and major * 10000 + minor * 100 + patch. Since 0.1.
inline const char *version() noexcept
{
    return auraio_version();
}
inline int version_int() noexcept
{
    return auraio_version_int();
}

// Whether this thread is inside a callback, of any engine. Since 0.1.
inline bool in_callback() noexcept
{
    return auraio_in_callback();
}

} // namespace v0_1
} // namespace auraio

#endif
