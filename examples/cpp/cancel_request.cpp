// SPDX-License-Identifier: Apache-2.0
// Give up on a read that takes too long: first by hand with cancel(), then by a deadline given with
// the operation.
//
//     cancel_request FILE MILLISECONDS
//
// A regular file answers in time. A FIFO that nobody writes to (mkfifo) never does, and shows both
// ways out. A cancellation is a request: the callback still runs, exactly once, and only then is
// the buffer free. -ECANCELED and -ETIME mean that the read was really stopped; a count means that
// it won the race. What a thread of the thread backend has begun is not stopped: that is told after
// 5 s.
#include <auraio.hpp>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <sys/stat.h>
#include <unistd.h>

[[noreturn]] static void die(const char *what, int error)
{
    std::fprintf(stderr, "cancel_request: %s: %s\n", what, std::strerror(error));
    std::exit(1);
}

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::duration<double, std::milli>;
using namespace std::chrono_literals;

static constexpr std::size_t len = 4096;
static constexpr auto grace = 5s;

// Waits for the callback, that long at most.
static bool answered(auraio::Engine &engine, const std::optional<ssize_t> &answer,
                     Clock::duration timeout)
{
    const auto end = Clock::now() + timeout;

    while (!answer && Clock::now() < end)
        engine.wait(end - Clock::now());
    return answer.has_value();
}

[[noreturn]] static void give_up(const char *path)
{
    std::fprintf(stderr, "cancel_request: %s: has begun and cannot be stopped\n", path);
    std::exit(1);
}

static void report(const char *path, const char *how, ssize_t answer, Milliseconds took)
{
    if (answer >= 0)
        std::printf("%s: %s: %zd bytes after %.1f ms\n", path, how, answer, took.count());
    else if (answer == -ECANCELED || answer == -ETIME)
        std::printf("%s: %s: stopped after %.1f ms\n", path, how, took.count());
    else
        die(path, static_cast<int>(-answer));
}

static void cancel_by_hand(auraio::Engine &engine, const char *path, int fd, auraio::Buffer &buffer,
                           std::chrono::milliseconds timeout)
{
    std::optional<ssize_t> answer;
    const auto start = Clock::now();
    const auraio::Request request = engine.read(
        fd, buffer, len, 0, [&answer](auraio::Request &, ssize_t result) { answer = result; });

    if (!answered(engine, answer, timeout)) {
        // EALREADY: it has completed meanwhile, its callback is on its way.
        if (!engine.cancel(request) && errno != EALREADY)
            die("cancel", errno);
        if (!answered(engine, answer, grace))
            give_up(path);
    }
    report(path, "cancelled by hand", *answer, Clock::now() - start);
}

static void stop_by_deadline(auraio::Engine &engine, const char *path, int fd,
                             auraio::Buffer &buffer, std::chrono::milliseconds timeout)
{
    std::optional<ssize_t> answer;
    const auto start = Clock::now();

    (void)engine.submit(auraio::Op::read(fd, buffer, len, 0).timeout(timeout),
                        [&answer](auraio::Request &, ssize_t result) { answer = result; });
    if (!answered(engine, answer, timeout + grace))
        give_up(path);
    report(path, "with a deadline", *answer, Clock::now() - start);
}

// Opening a FIFO for reading alone would wait for a writer, and end with it.
static int open_input(const char *path)
{
    struct stat st;

    if (stat(path, &st) < 0)
        die(path, errno);
    const int fd = open(path, (S_ISFIFO(st.st_mode) ? O_RDWR : O_RDONLY) | O_CLOEXEC);
    if (fd < 0)
        die(path, errno);
    return fd;
}

int main(int argc, char **argv)
{
    char *end = nullptr;
    const long ms = argc == 3 ? std::strtol(argv[2], &end, 10) : 0;

    if (argc != 3 || *end || ms < 1 || ms > 60 * 1000) {
        std::fprintf(stderr, "usage: cancel_request FILE MILLISECONDS\n");
        return 2;
    }
    const int fd = open_input(argv[1]);
    try {
        auraio::Engine engine;
        auraio::Buffer buffer = engine.allocate_buffer(len);

        cancel_by_hand(engine, argv[1], fd, buffer, std::chrono::milliseconds(ms));
        stop_by_deadline(engine, argv[1], fd, buffer, std::chrono::milliseconds(ms));
    } catch (const auraio::Error &error) {
        die(argv[1], error.errno_value());
    }
    close(fd);
}
