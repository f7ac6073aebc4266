// SPDX-License-Identifier: Apache-2.0
// Read every regular file below a directory, as a backup or an indexer does.
//
//     bulk_reader DIRECTORY
//
// Sixty-four coroutines work side by side. Each opens a file, reads it block by block and closes
// it, all through the engine. Symbolic links are not followed. A file that cannot be read is told
// and left out; the exit status is 1 then.
#include <auraio.hpp>

#include <cerrno>
#include <chrono>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <span>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

[[noreturn]] static void die(const char *what, int error)
{
    std::fprintf(stderr, "bulk_reader: %s: %s\n", what, std::strerror(error));
    std::exit(1);
}

static constexpr std::size_t block = 128 * 1024, lanes = 64;

struct Scan {
    auraio::Engine engine;
    std::vector<std::string> paths;
    std::size_t next = 0; // of the paths
    std::int64_t files = 0, bytes = 0, reads = 0;
    std::uint64_t checksum = 0; // does not depend on the order of files
    int failed = 0;
};

static std::uint64_t add(std::uint64_t sum, std::span<const unsigned char> data)
{
    for (const unsigned char byte : data)
        sum = (sum ^ byte) * 1099511628211u;
    return sum;
}

static auraio::Task<> read_file(Scan &s, auraio::Buffer &buffer, const char *path)
{
    const int fd =
        co_await s.engine.async_openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    std::uint64_t sum = 14695981039346656037u;
    std::int64_t offset = 0;
    int error = 0;

    try {
        while (const ssize_t n = co_await s.engine.async_read(fd, buffer, block, offset)) {
            sum = add(sum, buffer.as<unsigned char>().first(static_cast<std::size_t>(n)));
            offset += n;
            s.reads++;
        }
    } catch (const auraio::Error &failure) {
        error = failure.errno_value();
    }
    co_await s.engine.async_close(fd);
    if (error)
        throw auraio::Error(error, path);
    s.files++;
    s.bytes += offset;
    s.checksum += sum;
}

static auraio::Task<> read_files(Scan &s)
{
    auraio::Buffer buffer = s.engine.allocate_buffer(block);

    while (s.next < s.paths.size()) {
        const char *path = s.paths[s.next++].c_str();
        try {
            co_await read_file(s, buffer, path);
        } catch (const auraio::Error &error) {
            std::fprintf(stderr, "bulk_reader: %s: %s\n", path, error.code().message().c_str());
            s.failed++;
        }
    }
}

static std::vector<std::string> regular_files(const char *directory)
{
    std::vector<std::string> paths;

    for (const auto &entry : std::filesystem::recursive_directory_iterator(directory))
        if (entry.is_regular_file() && !entry.is_symlink())
            paths.push_back(entry.path());
    return paths;
}

static void report(const Scan &s, double seconds)
{
    std::printf("files          %" PRId64 "\nbytes          %" PRId64 "\n", s.files, s.bytes);
    std::printf("checksum       %016" PRIx64 "\nseconds        %.6f\n", s.checksum, seconds);
    std::printf("IOPS           %.0f\n", static_cast<double>(s.reads) / seconds);
    std::printf("highest depth  %d\n", s.engine.get_stats().peak_in_flight());
    std::printf("backend        %s\n", auraio::backend_name(s.engine.features().backend()).data());
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        std::fprintf(stderr, "usage: bulk_reader DIRECTORY\n");
        return 2;
    }
    try {
        Scan s{auraio::Engine(), regular_files(argv[1])};
        std::vector<auraio::Task<>> tasks;
        const auto start = std::chrono::steady_clock::now();

        if (s.paths.empty())
            die(argv[1], ENODATA);
        for (std::size_t i = 0; i < lanes; i++)
            tasks.push_back(read_files(s));
        sync_wait(s.engine, when_all(std::move(tasks)));
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
        report(s, took.count());
        return s.failed ? 1 : 0;
    } catch (const std::system_error &error) { // of the directory, or of the engine
        die(argv[1], error.code().value());
    }
}
