// SPDX-License-Identifier: Apache-2.0
#include "cxx_two_units.hpp"

#include <memory>

auraio::Task<int> number_of_other_unit(auraio::Engine &engine)
{
    co_await engine.async_nop();
    co_return 41;
}

int nops_of_other_unit(auraio::Engine &engine)
{
    const auto calls = std::make_shared<int>(0);

    for (int i = 0; i < 3; i++)
        (void)engine.nop([calls](auraio::Request &, ssize_t) { ++*calls; });
    engine.drain();
    return *calls;
}

bool cancelled_in_other_unit(void (*call)())
{
    try {
        call();
    } catch (const auraio::Error &error) {
        return error.is_cancelled();
    }
    return false;
}
