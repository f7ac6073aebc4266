// SPDX-License-Identifier: Apache-2.0
// Read a whole file, sixteen blocks in flight, and print the statistics.
//
//     simple_read FILE
//
// Sixteen coroutines read block after block, each into a buffer of its own, so the reads never run
// dry. The checksum is the one `sum -s FILE` prints: it does not depend on the order in which the
// blocks arrive.
#include <auraio.hpp>

#include <cerrno>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>
#include <vector>

[[noreturn]] static void die(const char *what, int error)
{
    std::fprintf(stderr, "simple_read: %s: %s\n", what, std::strerror(error));
    std::exit(1);
}

static constexpr std::size_t block = 64 * 1024, lanes = 16;

struct Reader {
    auraio::Engine engine;
    int fd;
    std::int64_t size;
    std::int64_t next = 0; // offset of the next block to ask for
    std::int64_t bytes = 0;
    std::uint32_t sum = 0;
};

static auraio::Task<> read_blocks(Reader &r)
{
    auraio::Buffer buffer = r.engine.allocate_buffer(block);

    while (r.next < r.size) {
        const std::int64_t offset = std::exchange(r.next, r.next + std::int64_t{block});
        const ssize_t n = co_await r.engine.async_read(r.fd, buffer, block, offset);
        for (const unsigned char byte : buffer.as<unsigned char>().first(static_cast<size_t>(n)))
            r.sum += byte;
        r.bytes += n;
    }
}

// The number `sum -s` makes of all bytes added up.
static std::uint32_t fold(std::uint32_t sum)
{
    const std::uint32_t folded = (sum & 0xffff) + (sum >> 16);

    return (folded & 0xffff) + (folded >> 16);
}

// Latencies are counted per ring, in windows; a short run may not have closed one.
static void print_latency(const auraio::Engine &engine)
{
    bool is_told = false;

    for (int i = 0; i < engine.ring_count(); i++) {
        const auraio::Histogram hist = engine.get_histogram(i);
        if (hist.total_count() == 0)
            continue;
        std::printf("ring %d        P50 %.3f ms, P99 %.3f ms in the last window of %" PRIu64
                    " reads\n",
                    i, hist.percentile(50), hist.percentile(99), hist.total_count());
        is_told = true;
    }
    if (!is_told)
        std::printf("latency       unknown, the run was too short\n");
}

static void print_stats(const auraio::Engine &engine)
{
    const auraio::Stats stats = engine.get_stats();

    std::printf("operations    %" PRId64 " completed, %" PRId64 " failed\n", stats.ops_completed(),
                stats.ops_failed());
    std::printf("transferred   %" PRId64 " bytes\n", stats.bytes_transferred());
    std::printf("in flight     %d at most\n", stats.peak_in_flight());
    std::printf("system calls  %" PRIu64 " to submit, %" PRIu64 " to sleep\n", stats.submit_calls(),
                stats.wait_calls());
}

static int open_regular(const char *path, std::int64_t &size)
{
    struct stat st;

    if (stat(path, &st) < 0)
        die(path, errno);
    if (!S_ISREG(st.st_mode))
        die(path, S_ISDIR(st.st_mode) ? EISDIR : ESPIPE);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        die(path, errno);
    size = st.st_size;
    return fd;
}

int main(int argc, char **argv)
{
    std::int64_t size;

    if (argc != 2) {
        std::fprintf(stderr, "usage: simple_read FILE\n");
        return 2;
    }
    const int fd = open_regular(argv[1], size);
    try {
        Reader r{auraio::Engine(), fd, size};
        std::vector<auraio::Task<>> tasks;

        for (std::size_t i = 0; i < lanes; i++)
            tasks.push_back(read_blocks(r));
        sync_wait(r.engine, when_all(std::move(tasks)));
        std::printf("%s: %" PRId64 " bytes, checksum %" PRIu32 "\n", argv[1], r.bytes, fold(r.sum));
        print_stats(r.engine);
        print_latency(r.engine);
    } catch (const auraio::Error &error) {
        die(argv[1], error.errno_value());
    }
    close(fd);
}
