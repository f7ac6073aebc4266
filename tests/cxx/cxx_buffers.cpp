// SPDX-License-Identifier: Apache-2.0
// Buffers free themselves, into the pool or, when the engine is gone, to the system; references to
// memory keep apart what may be written.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <span>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "cxx_support.hpp"

using auraio::Buffer;
using auraio::BufferRef;
using auraio::ConstBufferRef;
using auraio::Engine;
using auraio::FileRef;

template <typename B>
concept Readable = requires(Engine &engine, B buf)
{
    (void)engine.read(0, buf, 1, 0);
};
template <typename B>
concept Writable = requires(Engine &engine, B buf)
{
    (void)engine.write(0, buf, 1, 0);
};

static_assert(Readable<void *> && Readable<char *> && Readable<BufferRef> && Readable<Buffer &>);
static_assert(!Readable<const void *> && !Readable<const char *> && !Readable<ConstBufferRef> &&
              !Readable<const Buffer &>);
static_assert(Writable<void *> && Writable<BufferRef> && Writable<ConstBufferRef> &&
              Writable<Buffer &> && Writable<const Buffer &>);
static_assert(!std::is_convertible_v<const void *, ConstBufferRef> &&
              std::is_constructible_v<ConstBufferRef, const void *>);
// A temporary would end before the operation.
static_assert(!std::is_convertible_v<Buffer, BufferRef> &&
              !std::is_convertible_v<Buffer, ConstBufferRef>);
static_assert(!std::is_copy_constructible_v<Buffer> &&
              std::is_nothrow_move_constructible_v<Buffer> &&
              std::is_nothrow_move_assignable_v<Buffer>);

static void references()
{
    char memory[4];
    const BufferRef plain = memory, fixed = BufferRef::fixed(3, 512);
    const auto *constant = static_cast<const void *>(memory);

    ok(!plain.is_registered() && plain.c_buf().u.ptr == memory, "of memory");
    ok(fixed.is_registered() && fixed.c_buf().u.fixed.index == 3 &&
           fixed.c_buf().u.fixed.offset == 512,
       "of a registered buffer");
    ok(auraio::buf(memory).c_buf().u.ptr == memory, "buf()");
    ok(auraio::buf(constant).c_buf().u.ptr == memory && !ConstBufferRef(memory).is_registered(),
       "buf() of constant memory");
    ok(auraio::buf_fixed(2).is_registered() && ConstBufferRef::fixed(2).is_registered(),
       "buf_fixed()");
    ok(FileRef(7).fd() == 7 && !FileRef(7).is_registered() && !FileRef(-1).is_registered(),
       "a descriptor");
    ok(FileRef::fixed(2).is_registered() && FileRef::fixed(2).fd() == auraio_fixed_file(2),
       "a registered file");
    ok(FileRef::fixed(32767).is_registered(), "the last one");
}

static void one_buffer(Engine &engine)
{
    Buffer buffer = engine.allocate_buffer(10000);
    const Buffer &constant = buffer;

    ok(buffer && buffer.owned() && buffer.size() == 10000, "it has what was asked for");
    ok(engine.buffer_size(buffer.data()) >= 10000, "or more");
    is(engine.buffer_size(&engine), 0, "a foreign pointer has none");
    is(reinterpret_cast<std::uintptr_t>(buffer.data()) % 4096, 0, "aligned");
    ok(buffer.span().size() == 10000 && constant.span().data() == buffer.span().data(), "span");
    ok(buffer.as<std::uint64_t>().size() == 1250 && constant.as<int>().size() == 2500, "as");
    buffer.as<int>()[2499] = 5;
    is(constant.as<int>()[2499], 5, "of the same memory");
    ok(buffer.ref().c_buf().u.ptr == buffer.data() && constant.ref().c_buf().u.ptr == buffer.data(),
       "ref");

    Buffer moved = std::move(buffer);
    ok(!buffer && !buffer.owned() && buffer.size() == 0 && moved.owned(), "it moves");
    buffer = std::move(moved);
    ok(buffer.owned() && !moved, "and back");
    const auto released = buffer.release();
    ok(released.data && released.size == 10000 && released.engine == engine.handle() && !buffer,
       "release");
    auraio_buffer_free(released.engine, released.data);

    char memory[8];
    Buffer view = Buffer::wrap(memory, sizeof memory);
    ok(view && !view.owned() && view.data() == memory && view.size() == 8, "wrap owns nothing");
    ok(view.release().engine == nullptr, "and has no engine");
    is(errno_of([&] { engine.allocate_buffer(0); }), EINVAL, "nothing cannot be allocated");
    is(errno_of([&] { engine.allocate_buffer(SIZE_MAX / 2); }), ENOMEM, "nor too much");
}

static void back_to_the_pool(Engine &engine)
{
    const void *first = engine.allocate_buffer(65536).data();
    const auto before = engine.get_buffer_stats().total_allocated_bytes();

    for (int i = 0; i < 1000; i++)
        if (engine.allocate_buffer(65536).data() != first)
            break;
    is(engine.get_buffer_stats().total_allocated_bytes(), before, "memory is used again");
}

static void outlives_engine()
{
    Buffer buffer, released_from;
    std::vector<Buffer> many;
    {
        std::optional<Engine> engine(engine_under_test());
        buffer = engine->allocate_buffer(4096);
        released_from = engine->allocate_buffer(4096);
        for (int i = 0; i < 100; i++)
            many.push_back(engine->allocate_buffer(1000));
        Engine other = std::move(*engine);
        engine.reset();
        many.resize(50);
    }
    buffer.as<char>()[4095] = 'x';
    is(buffer.as<char>()[4095], 'x', "a buffer outlives its engine");
    const auto released = released_from.release();
    ok(released.engine == nullptr, "what is released then has no engine");
    std::free(released.data);
    many.clear();
    buffer = Buffer();
    ok(!buffer, "and is freed by the system");
}

// Given up in a callback that runs while the engine is being destroyed.
static void freed_while_engine_ends()
{
    bool was_freed = false;
    {
        Engine engine = engine_under_test();
        auto buffer = std::make_unique<Buffer>(engine.allocate_buffer(4096));
        (void)engine.nop(
            [buffer = std::move(buffer), &was_freed](auraio::Request &, ssize_t) mutable {
                buffer.reset();
                was_freed = true;
            });
    }
    ok(was_freed, "a callback frees a buffer while the engine ends");
}

static void freed_by_threads_while_engine_ends()
{
    for (int round = 0; round < 50; round++) {
        std::vector<std::thread> threads;
        {
            Engine engine = engine_under_test();
            for (int i = 0; i < 4; i++) {
                std::vector<Buffer> buffers;
                for (int k = 0; k < 20; k++)
                    buffers.push_back(engine.allocate_buffer(4096));
                threads.emplace_back([mine = std::move(buffers)]() mutable {
                    while (!mine.empty()) {
                        mine.back().as<char>()[0] = 'x';
                        mine.pop_back();
                    }
                });
            }
        }
        for (std::thread &thread : threads)
            thread.join();
    }
    ok(true, "threads free buffers while the engine ends");
}

int main()
{
    {
        Engine engine = engine_under_test();
        references();
        one_buffer(engine);
        back_to_the_pool(engine);
    }
    outlives_engine();
    freed_while_engine_ends();
    freed_by_threads_while_engine_ends();
    return done();
}
