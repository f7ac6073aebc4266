// SPDX-License-Identifier: Apache-2.0
// What the kernel has and what is used of it, and what O_DIRECT asks for.
#ifndef AURAIO_FEATURES_HPP
#define AURAIO_FEATURES_HPP

#include <auraio/error.hpp>
#include <auraio/options.hpp>
#include <auraio/request.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace auraio
{
inline namespace v0_1
{

// auraio_probe(3). Bits are AURAIO_FEATURE_*. Since 0.1.
class Features
{
  public:
    explicit Features(const auraio_features_t &features) noexcept : features_(features)
    {
    }

    Backend backend() const noexcept
    {
        return static_cast<Backend>(features_.backend);
    }
    int uring_errno() const noexcept
    {
        return features_.uring_errno;
    }
    std::string_view reason() const noexcept
    {
        return features_.reason;
    }
    std::string_view kernel_release() const noexcept
    {
        return features_.kernel_release;
    }
    std::string_view liburing_built() const noexcept
    {
        return features_.liburing_built;
    }
    std::string_view liburing_running() const noexcept
    {
        return features_.liburing_running;
    }
    std::uint64_t available() const noexcept
    {
        return features_.available;
    }
    std::uint64_t used() const noexcept
    {
        return features_.used;
    }

    bool has_available(int bit) const noexcept
    {
        return is_set(features_.available, bit);
    }
    bool has_used(int bit) const noexcept
    {
        return is_set(features_.used, bit);
    }
    bool has_available(OpType type) const noexcept
    {
        return has_available(AURAIO_FEATURE_OP_FIRST + static_cast<int>(type));
    }
    bool has_used(OpType type) const noexcept
    {
        return has_used(AURAIO_FEATURE_OP_FIRST + static_cast<int>(type));
    }

    const auraio_features_t &c_features() const noexcept
    {
        return features_;
    }

  private:
    static bool is_set(std::uint64_t bits, int bit) noexcept
    {
        return bit >= 0 && bit < 64 && (bits >> bit & 1) != 0;
    }

    auraio_features_t features_;
};

// What an engine made now would find. Throws Error. Since 0.1.
inline Features probe()
{
    auraio_features_t features;

    detail::checked(auraio_probe(&features), "auraio_probe");
    return Features(features);
}

// Names for people; "UNKNOWN" for what is none. Since 0.1.
inline std::string_view feature_name(int bit) noexcept
{
    return auraio_feature_name(bit);
}
inline std::string_view backend_name(Backend backend) noexcept
{
    return auraio_backend_name(static_cast<auraio_backend_t>(backend));
}

// In bytes: of memory, and of offset and length.
struct Alignment {
    std::size_t memory;
    std::size_t offset;
};

// What O_DIRECT on this file needs; auraio_file_alignment(3). Throws Error. Since 0.1.
inline Alignment file_alignment(int fd)
{
    Alignment alignment{};

    detail::checked(auraio_file_alignment(fd, &alignment.memory, &alignment.offset),
                    "auraio_file_alignment");
    return alignment;
}

} // namespace v0_1
} // namespace auraio

#endif
