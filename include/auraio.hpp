// SPDX-License-Identifier: Apache-2.0
// libauraio for C++20: the library of auraio.h with callables instead of callbacks, exceptions
// instead of errno, owners instead of pairs of calls, and coroutines. Headers alone; link with
// libauraio. auraio.hpp(3) has the classes, and the pages of the C functions what each does.
#ifndef AURAIO_HPP
#define AURAIO_HPP

#include <auraio/batch.hpp>
#include <auraio/buffer.hpp>
#include <auraio/coro.hpp>
#include <auraio/engine.hpp>
#include <auraio/error.hpp>
#include <auraio/features.hpp>
#include <auraio/fwd.hpp>
#include <auraio/log.hpp>
#include <auraio/op.hpp>
#include <auraio/options.hpp>
#include <auraio/request.hpp>
#include <auraio/stats.hpp>
#include <auraio/timeout.hpp>

#endif
