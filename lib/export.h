/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What auraio.h declares is visible outside, everything else in the library is
 * hidden (-fvisibility=hidden). The build includes this file ahead of each source
 * of the library, so no source can meet auraio.h without it.
 */
#ifndef AUR_EXPORT_H
#define AUR_EXPORT_H

#pragma GCC visibility push(default)
#include <auraio.h>
#pragma GCC visibility pop

#endif
