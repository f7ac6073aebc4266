/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Assertions of who owns what: slots, rings, queues, places, registrations, the pool. They
 * are in builds with --enable-assertions, which those with sanitizers are; in any other
 * nothing is evaluated and no code is made. A mistake of the library ends the program
 * where it is made; one of the caller never does.
 */
#ifndef AUR_INVARIANT_H
#define AUR_INVARIANT_H

#ifdef AURAIO_ASSERTIONS
#undef NDEBUG
#include <assert.h>
#define AUR_ASSERT(condition) assert(condition)
#else
#define AUR_ASSERT(condition) ((void)(0 && (condition)))
#endif

#endif
