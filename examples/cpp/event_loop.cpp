// SPDX-License-Identifier: Apache-2.0
// File I/O in a program that already has an event loop: the engine is one more descriptor in epoll,
// beside a timer and the signals.
//
//     event_loop FILE...
//
// Counts lines and bytes of all files at once, like `wc -lc`. When the engine's descriptor is
// readable, poll() runs the callbacks that are due; it never blocks. Every second the timer tells
// how far it is; SIGINT and SIGTERM cancel what is in flight and end the program properly, a second
// one ends it at once.
#include <auraio.hpp>

#include <algorithm>
#include <cerrno>
#include <cinttypes>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include <vector>

[[noreturn]] static void die(const char *what, int error)
{
    std::fprintf(stderr, "event_loop: %s: %s\n", what, std::strerror(error));
    std::exit(1);
}

static constexpr std::size_t block = 128 * 1024;

struct File {
    auraio::Engine &engine;
    const char *path;
    int fd;
    auraio::Buffer buffer = engine.allocate_buffer(block);
    std::int64_t lines = 0, bytes = 0;
    bool is_stopped = false; // no further read
    bool is_done = false;
    int error = 0;

    void read_next() noexcept
    try {
        (void)engine.read(fd, buffer, block, bytes,
                          [this](auraio::Request &, ssize_t result) { on_read(result); });
    } catch (const auraio::Error &refused) {
        finish(refused.errno_value());
    }

    void on_read(ssize_t result) noexcept
    {
        if (result <= 0) {
            finish(static_cast<int>(-result));
            return;
        }
        const auto text = buffer.as<char>().first(static_cast<std::size_t>(result));
        lines += std::count(text.begin(), text.end(), '\n');
        bytes += result;
        if (is_stopped)
            finish(ECANCELED);
        else
            read_next();
    }

    void finish(int errno_value) noexcept
    {
        error = errno_value;
        is_done = true;
    }
};

static void watch(int epoll, int fd)
{
    epoll_event event{};

    event.events = EPOLLIN;
    event.data.fd = fd;
    if (fd < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0)
        die("epoll", errno);
}

static int every_second()
{
    const itimerspec period{{1, 0}, {1, 0}};
    const int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

    if (fd >= 0 && timerfd_settime(fd, 0, &period, nullptr) < 0)
        die("timerfd", errno);
    return fd;
}

static int end_signals()
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    if (sigprocmask(SIG_BLOCK, &set, nullptr) < 0)
        die("sigprocmask", errno);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void tell_progress(int timer, const std::vector<File> &files)
{
    std::uint64_t ticks;
    std::int64_t bytes = 0;

    if (read(timer, &ticks, sizeof ticks) < 0)
        return;
    for (const File &file : files)
        bytes += file.bytes;
    std::fprintf(stderr, "event_loop: %" PRId64 " bytes so far\n", bytes);
}

// The callbacks of what is cancelled still come, so the loop goes on till then.
static void cancel_all(int signals, std::vector<File> &files)
{
    signalfd_siginfo info;

    if (read(signals, &info, sizeof info) < 0)
        return;
    if (files[0].is_stopped)
        die("second signal", EINTR);
    for (File &file : files) {
        file.is_stopped = true;
        if (!file.is_done)
            file.engine.cancel_fd(file.fd);
    }
}

static void loop(auraio::Engine &engine, std::vector<File> &files)
{
    const int epoll = epoll_create1(EPOLL_CLOEXEC);
    const int completions = engine.poll_fd(), timer = every_second(), signals = end_signals();

    watch(epoll, completions);
    watch(epoll, timer);
    watch(epoll, signals);
    for (File &file : files)
        file.read_next();

    while (!std::all_of(files.begin(), files.end(), [](const File &f) { return f.is_done; })) {
        epoll_event event;
        const int ready = epoll_wait(epoll, &event, 1, -1);

        if (ready < 0 && errno != EINTR)
            die("epoll_wait", errno);
        if (ready < 1)
            continue;
        if (event.data.fd == completions)
            engine.poll();
        if (event.data.fd == timer)
            tell_progress(timer, files);
        if (event.data.fd == signals)
            cancel_all(signals, files);
    }
    close(signals);
    close(timer);
    close(epoll); // the completions' descriptor is the engine's own
}

static void print_counts(const std::vector<File> &files)
{
    std::int64_t lines = 0, bytes = 0;

    for (const File &file : files) {
        if (file.error)
            die(file.path, file.error);
        std::printf("%" PRId64 " %" PRId64 " %s\n", file.lines, file.bytes, file.path);
        lines += file.lines;
        bytes += file.bytes;
    }
    if (files.size() > 1)
        std::printf("%" PRId64 " %" PRId64 " total\n", lines, bytes);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        std::fprintf(stderr, "usage: event_loop FILE...\n");
        return 2;
    }
    try {
        auraio::Engine engine;
        std::vector<File> files;

        files.reserve(static_cast<std::size_t>(argc)); // what a callback points to does not move
        for (int i = 1; i < argc; i++) {
            const int fd = open(argv[i], O_RDONLY | O_CLOEXEC);
            if (fd < 0)
                die(argv[i], errno);
            files.push_back({engine, argv[i], fd});
        }
        loop(engine, files);
        print_counts(files);
        for (const File &file : files)
            close(file.fd);
    } catch (const auraio::Error &error) {
        die("engine", error.errno_value());
    }
}
