// SPDX-License-Identifier: Apache-2.0
// An engine made to order, and what it then reports about itself.
//
//     custom_config FILE [QUEUE_DEPTH]
//
// Two small rings used in turn, the classic control law, a ceiling for the P99, and EAGAIN instead
// of a queue in the library when too much is asked for: the program then reaps a completion and
// tries again. Most programs need none of this; Engine() alone gives defaults that tune themselves.
#include <auraio.hpp>

#include <cerrno>
#include <cinttypes>
#include <climits>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

[[noreturn]] static void die(const char *what, int error)
{
    std::fprintf(stderr, "custom_config: %s: %s\n", what, std::strerror(error));
    std::exit(1);
}

static constexpr std::size_t block = 16 * 1024;

struct Reader {
    auraio::Engine engine;
    std::int64_t bytes = 0;
    std::int64_t refused = 0; // submissions answered with EAGAIN
    int error = 0;
};

static auraio::Options options(int queue_depth)
{
    return auraio::Options()
        .queue_depth(queue_depth)
        .ring_count(2)
        .ring_select(auraio::RingSelect::round_robin)
        .control(auraio::Control::aimd)
        .max_p99_latency_ms(50)
        .overflow(auraio::Overflow::again)
        .buffer_alignment(4096)
        .name("custom_config");
}

// The callback owns the buffer, and with it goes the buffer: back to the pool after the read.
static void submit_read(Reader &r, int fd, std::int64_t offset)
{
    auraio::Buffer buffer = r.engine.allocate_buffer(block);
    const auraio::BufferRef ref = buffer;

    (void)r.engine.read(fd, ref, block, offset,
                        [&r, buffer = std::move(buffer)](auraio::Request &, ssize_t result) {
                            if (result < 0)
                                r.error = static_cast<int>(-result);
                            else
                                r.bytes += result;
                        });
}

// Asks again as often as the engine says that it is full.
static void read_block(Reader &r, int fd, std::int64_t offset)
{
    for (;;) {
        try {
            submit_read(r, fd, offset);
            return;
        } catch (const auraio::Error &error) {
            if (!error.is_again())
                throw;
        }
        r.refused++;
        r.engine.wait();
    }
}

static void report(const auraio::Engine &engine)
{
    const auraio::Features features = engine.features();

    std::printf("backend %s on Linux %s, liburing %s\n",
                auraio::backend_name(features.backend()).data(), features.kernel_release().data(),
                features.liburing_running().data());
    for (int i = 0; i < engine.ring_count(); i++) {
        const auraio::RingStats ring = engine.get_ring_stats(i);
        std::printf("ring %d: depth %d, %" PRId64 " operations, %d in flight at most, phase %s\n",
                    i, ring.queue_depth(), ring.ops_completed(), ring.peak_in_flight(),
                    ring.phase_name().data());
    }
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
    char none[] = "", *end = none;
    const long depth = argc == 3 ? std::strtol(argv[2], &end, 10) : 8;
    std::int64_t size;

    if (argc < 2 || argc > 3 || *end || depth < INT_MIN || depth > INT_MAX) {
        std::fprintf(stderr, "usage: custom_config FILE [QUEUE_DEPTH]\n");
        return 2;
    }
    const int fd = open_regular(argv[1], size);
    try {
        Reader r{auraio::Engine(options(static_cast<int>(depth)))}; // EINVAL: no such depth

        for (std::int64_t offset = 0; offset < size && !r.error; offset += block)
            read_block(r, fd, offset);
        // Options that may change their mind have a setter: no more ceiling from here on.
        r.engine.set_max_p99_latency(0);
        r.engine.drain();
        if (r.error)
            die(argv[1], r.error);
        std::printf("%s: %" PRId64 " bytes, %" PRId64 " times told to come back later\n", argv[1],
                    r.bytes, r.refused);
        report(r.engine);
    } catch (const auraio::Error &error) {
        std::fprintf(stderr, "custom_config: %s\n", error.what());
        return 1;
    }
    close(fd);
}
