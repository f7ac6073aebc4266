// SPDX-License-Identifier: Apache-2.0
// Where the library's messages go: nowhere, unless the program takes them.
//
//     log_handler FILE LOGFILE
//
// Reads FILE with an engine whose messages are appended to LOGFILE, one line each with time and
// level. At the end it does something wrong on purpose, so that there is something to see: it frees
// a pointer that is not the pool's. The library catches that, says so at level ERR and leaves the
// pointer alone.
#include <auraio.hpp>

#include <atomic>
#include <cerrno>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <string_view>
#include <unistd.h>

[[noreturn]] static void die(const char *what, int error)
{
    std::fprintf(stderr, "log_handler: %s: %s\n", what, std::strerror(error));
    std::exit(1);
}

static constexpr std::size_t block = 128 * 1024;

static const char *name_of(auraio::LogLevel level)
{
    switch (level) {
    case auraio::LogLevel::err:
        return "ERR";
    case auraio::LogLevel::warn:
        return "WARN";
    case auraio::LogLevel::notice:
        return "NOTICE";
    case auraio::LogLevel::info:
        return "INFO";
    case auraio::LogLevel::debug:
        break;
    }
    return "DEBUG";
}

struct Log {
    std::FILE *file;
    auraio::LogLevel least = auraio::LogLevel::debug; // the least important that is written
    std::atomic<int> lines{0};

    // Comes from any thread that uses an engine: one fprintf is one whole line.
    void operator()(auraio::LogLevel level, std::string_view message)
    {
        std::timespec now;
        std::tm parts;
        char when[32] = "";

        if (level > least)
            return;
        std::timespec_get(&now, TIME_UTC);
        if (gmtime_r(&now.tv_sec, &parts))
            std::strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%S", &parts);
        std::fprintf(file, "%s.%03ldZ %-6s %.*s\n", when, now.tv_nsec / 1000000, name_of(level),
                     static_cast<int>(message.size()), message.data());
        lines++;
    }
};

static auraio::Task<std::int64_t> read_file(auraio::Engine &engine, int fd)
{
    auraio::Buffer buffer = engine.allocate_buffer(block);
    std::int64_t bytes = 0;
    ssize_t n;

    do {
        n = co_await engine.async_read(fd, buffer, block, bytes);
        bytes += n;
    } while (n == ssize_t{block});
    co_return bytes;
}

int main(int argc, char **argv)
{
    static char not_the_pools[64];

    if (argc != 3) {
        std::fprintf(stderr, "usage: log_handler FILE LOGFILE\n");
        return 2;
    }
    const int fd = open(argv[1], O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        die(argv[1], errno);
    Log log{std::fopen(argv[2], "ae")};
    if (!log.file)
        die(argv[2], errno);
    auraio::set_log_handler(log); // before the first engine, to hear it begin
    try {
        std::int64_t bytes;
        {
            auraio::Engine engine;
            bytes = sync_wait(engine, read_file(engine, fd));
            auraio_buffer_free(engine.handle(), not_the_pools);
        }
        auraio::set_log_handler(nullptr); // no engine is left, so no message can come after this
        std::printf("%s: %" PRId64 " bytes read, %d messages in %s\n", argv[1], bytes,
                    log.lines.load(), argv[2]);
    } catch (const auraio::Error &error) {
        die(argv[1], error.errno_value());
    }
    if (std::fclose(log.file) != 0)
        die(argv[2], errno);
    close(fd);
}
