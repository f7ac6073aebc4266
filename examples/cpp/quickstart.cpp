// SPDX-License-Identifier: Apache-2.0
// The smallest whole program: read the beginning of a file, say what came.
//
//     c++ -std=c++20 quickstart.cpp $(pkg-config --cflags --libs libauraio) -o quickstart
//     ./quickstart FILE
//
// The read is handed over and the call returns at once; wait() runs the lambda when the data is
// there. Until then the buffer belongs to the library.
#include <auraio.hpp>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <unistd.h>

[[noreturn]] static void die(const char *what, int error)
{
    std::fprintf(stderr, "quickstart: %s: %s\n", what, std::strerror(error));
    std::exit(1);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        std::fprintf(stderr, "usage: quickstart FILE\n");
        return 2;
    }
    const int fd = open(argv[1], O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        die(argv[1], errno);
    try {
        auraio::Engine engine;
        auraio::Buffer buffer = engine.allocate_buffer(64 * 1024);
        std::optional<ssize_t> answer;

        (void)engine.read(fd, buffer, buffer.size(), 0,
                          [&answer](auraio::Request &, ssize_t result) { answer = result; });
        while (!answer)
            engine.wait();
        if (*answer < 0)
            die(argv[1], static_cast<int>(-*answer));

        const auto text = buffer.as<char>().first(static_cast<std::size_t>(*answer));
        std::printf("%s: read %zd bytes, %td lines\n", argv[1], *answer,
                    std::count(text.begin(), text.end(), '\n'));
    } catch (const auraio::Error &error) {
        die(argv[1], error.errno_value());
    }
    close(fd);
}
