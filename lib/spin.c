/* SPDX-License-Identifier: Apache-2.0 */
#include "spin.h"

#include "kern.h"
#include "uring.h"

#include <errno.h>
#include <stdlib.h>

#define LOOKS_MAX 4000u /* where the clock stands still */
#define SCORE_MAX 16u
#define SCORE_MISS 4u /* so that one look in five may be in vain */
#define GAP_MIN 16u
#define GAP_MAX 1024u
#define LONGEST_US 1000ul

void aur_spin_init(struct spin *spin)
{
    const char *text = secure_getenv("AURAIO_SPIN_US");
    unsigned long us = SPIN_US;
    char *end;

    if (text && *text >= '0' && *text <= '9') {
        errno = 0;
        unsigned long asked = strtoul(text, &end, 10);
        if (!errno && !*end)
            us = asked < LONGEST_US ? asked : LONGEST_US;
    }
    *spin = (struct spin){.longest_ns = us * 1000, .score = SCORE_MAX, .gap = GAP_MIN};
}

static void rest_a_little(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("isb");
#endif
}

static bool is_ready(const struct uring *uring)
{
    return uring_has_cqes(uring) || uring_needs_entry(uring);
}

static bool look(const struct uring *uring, uint64_t longest_ns)
{
    if (is_ready(uring))
        return true;
    uint64_t began_ns = aur_kern.now_ns();
    for (unsigned n = 0; n < LOOKS_MAX && aur_kern.now_ns() - began_ns < longest_ns; n++) {
        rest_a_little();
        if (is_ready(uring))
            return true;
    }
    return false;
}

static void learn(struct spin *spin, bool found)
{
    if (found) {
        spin->score += spin->score < SCORE_MAX;
        spin->gap = GAP_MIN;
        return;
    }
    spin->score -= spin->score < SCORE_MISS ? spin->score : SCORE_MISS;
    if (spin->score)
        return;
    spin->left = spin->gap;
    spin->gap = spin->gap < GAP_MAX ? 2 * spin->gap : GAP_MAX;
}

bool aur_spin(struct spin *spin, const struct uring *uring)
{
    bool found = look(uring, spin->longest_ns);

    learn(spin, found);
    return found;
}
