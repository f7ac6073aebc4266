/* SPDX-License-Identifier: Apache-2.0 */
/* Text that somebody else wrote, as it may be shown on a terminal and in a label. */
#ifndef CLEAN_H
#define CLEAN_H

#include <stddef.h>

/*
 * n bytes of from, the last of which is taken for the end, into to, which has room for three times
 * as many. Valid UTF-8; each byte that is none, and each character that controls a terminal or the
 * direction of writing or cannot be seen, becomes U+FFFD.
 */
void clean_text(char *to, const char *from, size_t n);

#endif
