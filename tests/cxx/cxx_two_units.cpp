// SPDX-License-Identifier: Apache-2.0
// The headers, included twice and in two files of a program, make one program.
#include <auraio.hpp>

#include "cxx_two_units.hpp"

#include "cxx_support.hpp"

static auraio::Task<int> adds(auraio::Engine &engine)
{
    co_return co_await number_of_other_unit(engine) + 1;
}

int main()
{
    auraio::Engine engine = engine_under_test();

    is(sync_wait(engine, adds(engine)), 42, "a task of another unit");
    is(nops_of_other_unit(engine), 3, "callables of another unit");
    ok(cancelled_in_other_unit([] { throw auraio::Error(ECANCELED, "here"); }),
       "an Error of this one is known there");
    return done();
}
