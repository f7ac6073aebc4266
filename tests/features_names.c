/* SPDX-License-Identifier: Apache-2.0 */
/* Every feature, backend and phase has a name of its own; anything else is UNKNOWN. */
#include "outcome.h"

static bool known(const char *name)
{
    return name && name[0] && strcmp(name, "UNKNOWN") != 0;
}

static bool is_feature(int bit)
{
    return (bit >= 0 && bit <= AURAIO_FEATURE_FIXED_FILES) ||
           (bit >= AURAIO_FEATURE_OP_FIRST && bit <= AURAIO_FEATURE_OP_FIRST + AURAIO_OP_NOP);
}

static void features(void)
{
    int right = 0, same = 0;

    for (int bit = -5; bit < 70; bit++) {
        right += known(auraio_feature_name(bit)) == is_feature(bit);
        for (int other = -5; other < bit; other++)
            same += is_feature(bit) && is_feature(other) &&
                    strcmp(auraio_feature_name(bit), auraio_feature_name(other)) == 0;
    }
    is(right, 75, "features have names, other bits have none");
    is(same, 0, "no two have the same");
    ok(!known(auraio_feature_name(INT_MAX)) && !known(auraio_feature_name(INT_MIN)),
       "far-off bits have none");
}

static void phases(void)
{
    const char *const names[] = {"BASELINE", "PROBING",   "STEADY",     "BACKOFF",
                                 "SETTLING", "CONVERGED", "PASSTHROUGH"};

    for (int i = 0; i < 7; i++)
        ok(strcmp(auraio_phase_name(i), names[i]) == 0, "phase %d is %s", i, names[i]);
    ok(strcmp(auraio_phase_name(-1), "UNKNOWN") == 0, "-1 is UNKNOWN");
    ok(strcmp(auraio_phase_name(7), "UNKNOWN") == 0, "7 is UNKNOWN");
    ok(strcmp(auraio_phase_name(INT_MAX), "UNKNOWN") == 0, "INT_MAX is UNKNOWN");
}

int main(void)
{
    features();
    phases();
    for (int i = 0; i < 3; i++)
        ok(known(auraio_backend_name((auraio_backend_t)i)), "backend %d is %s", i,
           auraio_backend_name((auraio_backend_t)i));
    ok(!known(auraio_backend_name((auraio_backend_t)3)), "backend 3 is none");
    ok(!known(auraio_backend_name((auraio_backend_t)-1)), "backend -1 is none");
    return done();
}
