// SPDX-License-Identifier: Apache-2.0
// What the C++ binding costs: 4 KiB random reads of a file in memory through the C API, through
// callbacks of C++ and through coroutines.
//
//     cxx_paths [--rounds N] [--ops N] [--depth N] [--only PATH] [--memory DIR]
//
// Each round runs every path once, in an order that moves on; a ratio is taken within its round.
// With --only one path runs once and nothing is compared, for those who count instructions.
#include <auraio.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <sys/types.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace
{

constexpr std::size_t block = 4096;
constexpr std::uint64_t blocks = 16384;

struct Load {
    auraio::Engine engine;
    int fd;
    long left = 0;
    std::uint64_t random = 1;
    long good = 0;

    std::int64_t next_offset()
    {
        random = random * 6364136223846793005u + 1442695040888963407u;
        return static_cast<std::int64_t>(((random >> 32) * blocks >> 32) * block);
    }
};

struct Slot {
    Load *load;
    auraio::Buffer buffer;
};

void c_next(Slot *slot);

void c_done(auraio_request_t *, ssize_t result, void *user_data)
{
    auto *slot = static_cast<Slot *>(user_data);
    slot->load->good += result == block;
    c_next(slot);
}

void c_next(Slot *slot)
{
    Load &load = *slot->load;
    if (load.left-- > 0 &&
        !auraio_read(load.engine.handle(), load.fd, auraio_buf(slot->buffer.data()), block,
                     load.next_offset(), c_done, slot))
        std::abort();
}

// The callable is a pointer.
void callback_next(Slot *slot)
{
    Load &load = *slot->load;
    if (load.left-- > 0)
        (void)load.engine.read(load.fd, slot->buffer, block, load.next_offset(),
                               [slot](auraio::Request &, ssize_t result) {
                                   slot->load->good += result == block;
                                   callback_next(slot);
                               });
}

// The callable is bigger, and lies in the engine's pool.
void pooled_next(Slot *slot)
{
    Load &load = *slot->load;
    if (load.left-- > 0)
        (void)load.engine.read(load.fd, slot->buffer, block, load.next_offset(),
                               [slot, &load](auraio::Request &, ssize_t result) {
                                   load.good += result == block;
                                   pooled_next(slot);
                               });
}

auraio::Task<> coroutine(Slot *slot)
{
    Load &load = *slot->load;
    while (load.left-- > 0) {
        const ssize_t result =
            co_await load.engine.async_read(load.fd, slot->buffer, block, load.next_offset());
        load.good += result == block;
    }
}

template <void next(Slot *)> void run_callbacks(Load &load, std::vector<Slot> &slots)
{
    for (Slot &slot : slots)
        next(&slot);
    load.engine.drain();
}

void run_coroutines(Load &load, std::vector<Slot> &slots)
{
    std::vector<auraio::Task<>> tasks;
    for (Slot &slot : slots)
        tasks.push_back(coroutine(&slot));
    sync_wait(load.engine, when_all(std::move(tasks)));
}

struct Path {
    const char *name;
    void (*run)(Load &load, std::vector<Slot> &slots);
};

constexpr std::array<Path, 4> paths{{{"c", run_callbacks<c_next>},
                                     {"callback", run_callbacks<callback_next>},
                                     {"pooled", run_callbacks<pooled_next>},
                                     {"coroutine", run_coroutines}}};

// Operations per second.
double measure(const Path &path, Load &load, std::vector<Slot> &slots, long ops)
{
    load.left = ops;
    load.good = 0;
    const auto begin = std::chrono::steady_clock::now();
    path.run(load, slots);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    if (load.good != ops) {
        std::fprintf(stderr, "cxx_paths: %s: %ld of %ld reads\n", path.name, load.good, ops);
        std::exit(1);
    }
    return static_cast<double>(ops) / took.count();
}

double median(std::vector<double> values)
{
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

void compare(Load &load, std::vector<Slot> &slots, long rounds, long ops)
{
    std::array<std::vector<double>, paths.size()> rates, ratios;

    for (long round = -1; round < rounds; round++) { // the first warms up
        std::array<double, paths.size()> rate{};
        for (std::size_t turn = 0; turn < paths.size(); turn++) {
            const std::size_t i = (turn + static_cast<std::size_t>(round + 1)) % paths.size();
            rate[i] = measure(paths[i], load, slots, ops);
        }
        for (std::size_t i = 0; round >= 0 && i < paths.size(); i++) {
            rates[i].push_back(rate[i]);
            ratios[i].push_back(rate[i] / rate[0]);
        }
    }
    std::printf("\n| path, depth %zu | operations per second | to the C path |\n"
                "| --- | ---: | ---: |\n",
                slots.size());
    for (std::size_t i = 0; i < paths.size(); i++)
        std::printf("| %s | %.0f | %.3f |\n", paths[i].name, median(rates[i]), median(ratios[i]));
}

int open_file(const std::string &directory)
{
    std::string name = directory + "/auraio-cxx-XXXXXX";
    const int fd = mkostemp(name.data(), O_CLOEXEC);
    const std::vector<char> content(block * blocks, 'x');

    auraio::check(fd >= 0 && unlink(name.c_str()) == 0, name.c_str());
    auraio::check(write(fd, content.data(), content.size()) == ssize_t{block * blocks},
                  name.c_str());
    return fd;
}

[[noreturn]] void usage()
{
    std::fprintf(stderr, "usage: cxx_paths [--rounds N] [--ops N] [--depth N] [--only PATH] "
                         "[--memory DIR]\n");
    std::exit(2);
}

} // namespace

int main(int argc, char **argv)
try {
    long rounds = 15, ops = 100000;
    std::size_t depth = 32;
    std::string only, memory = "/dev/shm";

    for (int i = 1; i < argc; i += 2) {
        const std::string option = argv[i];
        const char *value = i + 1 < argc ? argv[i + 1] : "";
        const long number = std::strtol(value, nullptr, 10);
        if (option == "--only" && *value)
            only = value;
        else if (option == "--memory" && *value)
            memory = value;
        else if (option == "--rounds" && number > 0)
            rounds = number;
        else if (option == "--ops" && number > 0)
            ops = number;
        else if (option == "--depth" && number > 0 && number <= 256)
            depth = static_cast<std::size_t>(number);
        else
            usage();
    }
    Load load{auraio::Engine(auraio::Options().disable_adaptive(true)), open_file(memory)};
    std::vector<Slot> slots;
    for (std::size_t i = 0; i < depth; i++)
        slots.push_back({&load, load.engine.allocate_buffer(block)});
    if (only.empty()) {
        compare(load, slots, rounds, ops);
        return 0;
    }
    for (const Path &path : paths)
        if (only == path.name) {
            std::printf("%s: %.0f operations per second\n", path.name,
                        measure(path, load, slots, ops));
            return 0;
        }
    usage();
} catch (const std::exception &error) {
    std::fprintf(stderr, "cxx_paths: %s\n", error.what());
    return 1;
}
