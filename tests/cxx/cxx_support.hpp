// SPDX-License-Identifier: Apache-2.0
// What the tests of the C++ binding need besides support.h. To be included last, as tap.h.
#ifndef CXX_SUPPORT_HPP
#define CXX_SUPPORT_HPP

#include "support.h"

#include <auraio.hpp>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <string>
#include <string_view>
#include <sys/wait.h>
#include <unistd.h>

// Last: its macros are names that the standard library has too.
#include "tap.h"

// The backend under test.
inline auraio::Options options_under_test()
{
    return auraio::Options()
        .backend(on_threads() ? auraio::Backend::threads : auraio::Backend::uring)
        .single_thread(on_single());
}

inline auraio::Engine engine_under_test(const auraio::Options &options = options_under_test())
{
    try {
        return auraio::Engine(options);
    } catch (const auraio::Error &error) {
        if (!on_threads() && (error.errno_value() == EPERM || error.errno_value() == ENOSYS))
            skip_all("no io_uring here: %s", error.what());
        bail("%s", error.what());
    }
}

// The errno that the call throws as Error; 0 when it throws nothing.
template <typename Call> int errno_of(Call &&call)
{
    try {
        call();
    } catch (const auraio::Error &error) {
        return error.errno_value();
    }
    return 0;
}

template <typename Exception, typename Call> bool throws(Call &&call)
{
    try {
        call();
    } catch (const Exception &) {
        return true;
    }
    return false;
}

inline void is_text(std::string_view got, std::string_view wanted, const char *what)
{
    if (!ok(got == wanted, "%s", what))
        note("     got %.*s, wanted %.*s", static_cast<int>(got.size()), got.data(),
             static_cast<int>(wanted.size()), wanted.data());
}

// Runs the call in a child that must be ended by SIGABRT, and returns what it wrote to standard
// error; what became of it otherwise begins with '!'.
template <typename Call> std::string last_words(Call &&call)
{
    int ends[2];
    std::string words;
    int status = 0;

    if (pipe(ends) != 0)
        bail("pipe: %s", std::strerror(errno));
    fflush(nullptr);
    const pid_t pid = fork();
    if (pid == 0) {
        alarm(60);
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        close(ends[1]);
        call();
        _exit(0);
    }
    close(ends[1]);
    char text[4096];
    for (ssize_t n = 0; (n = read(ends[0], text, sizeof text)) > 0;)
        words.append(text, static_cast<std::size_t>(n));
    close(ends[0]);
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        bail("child: %s", std::strerror(errno));
    if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGABRT)
        return "!status " + std::to_string(status) + ": " + words;
    return words;
}

#endif
