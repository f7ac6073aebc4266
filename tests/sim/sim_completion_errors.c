/* SPDX-License-Identifier: Apache-2.0 */
/*
 * -EAGAIN, -EINTR, -ECANCELED and -EFAULT in a completion, for every type of
 * operation: either the callback sees the operation's own result and it was done
 * once, or the callback sees the error and it was not repeated.
 */
#include "kinds.h"

#include "tap.h"

#include <errno.h>
#include <string.h>

static const struct sim_config config = {.seed = 42};

struct outcome {
    struct told told;
    uint64_t effects;
};

static struct outcome provoke(const struct kind *kind, int error, unsigned times, bool after_effect)
{
    struct outcome outcome = {0};
    int fd;
    auraio_engine_t *engine = kind_begin(kind, &config, &fd);
    auraio_op_t op = kind_op(kind, fd);

    op.callback = tell;
    op.user_data = &outcome.told;
    sim_fail_completion(SIM_ANY_OPCODE, 1, times, -error, after_effect);
    if (auraio_submit(engine, &op, 1, NULL) == 1)
        wait_for(engine, &outcome.told);
    outcome.effects = kind_effects();
    auraio_destroy(engine);
    sim_uninstall();
    return outcome;
}

static void expect(const struct kind *kind, int error, enum answer answer, unsigned times)
{
    struct outcome o = provoke(kind, error, times, false);
    bool repeated = kind_succeeded(kind, &o.told, o.effects);
    bool reported = o.told.calls == 1 && o.told.result == -error && !o.effects;

    ok((answer != REPORTED && repeated) || (answer != REPEATED && reported),
       "%s: %s %u times is %s", kind->name, strerror(error), times,
       answer == REPEATED   ? "run again"
       : answer == REPORTED ? "reported"
                            : "run again or reported");
    if (!repeated && !reported)
        note("calls %d, result %zd, effects %llu", o.told.calls, o.told.result,
             (unsigned long long)o.effects);
}

/* The error came after the deed: doing it again would be doing it twice. */
static void expect_no_second_act(const struct kind *kind, int error)
{
    struct outcome o = provoke(kind, error, 1, true);

    ok(o.told.calls == 1 && o.told.result == -error && o.effects == 1,
       "%s: done, then %s: reported, not done twice", kind->name, strerror(error));
}

static void expect_second_fault_reported(const struct kind *kind)
{
    struct outcome o = provoke(kind, EFAULT, 2, false);

    ok(o.told.calls == 1 && o.told.result == -EFAULT && !o.effects,
       "%s: a second bad address is reported", kind->name);
}

static const struct kind *first_of(auraio_op_type_t type)
{
    const struct kind *kind = kinds;

    while (kind->type != type)
        kind++;
    return kind;
}

/* The rest of a chain waits for the repetition and is not lost with the first attempt. */
static void chain_survives(int error)
{
    struct told told[3] = {{0}};
    auraio_op_t ops[3];
    int fd;
    auraio_engine_t *engine = kind_begin(kinds, &config, &fd);

    for (int i = 0; i < 3; i++) {
        ops[i] = kind_op(first_of(i == 2 ? AURAIO_OP_FSYNC : AURAIO_OP_WRITE), fd);
        ops[i].flags = i < 2 ? AURAIO_OPF_LINK : 0;
        ops[i].callback = tell;
        ops[i].user_data = &told[i];
    }
    sim_fail_completion(SIM_ANY_OPCODE, 1, 1, -error, false);
    bool taken = auraio_submit(engine, ops, 3, NULL) == 3;
    for (int i = 0; i < 3 && taken; i++)
        wait_for(engine, &told[i]);
    ok(taken && told[0].result == KIND_BYTES && told[1].result == KIND_BYTES &&
           told[2].calls == 1 && !told[2].result,
       "a chain whose first part gets %s is run to its end", strerror(error));
    auraio_destroy(engine);
    sim_uninstall();
}

int main(void)
{
    for (size_t i = 0; i < kind_count; i++) {
        const struct kind *kind = &kinds[i];
        expect(kind, ECANCELED, REPEATED, 1);
        expect(kind, ECANCELED, REPEATED, 5);
        expect(kind, EAGAIN, kind->on_eagain, 1);
        expect(kind, EINTR, kind->on_eintr, 1);
        expect(kind, EFAULT, kind->on_efault, 1);
        if (kind->on_eagain == REPEATED)
            expect(kind, EAGAIN, REPEATED, 5);
        if (kind->on_eintr == REPEATED)
            expect(kind, EINTR, REPEATED, 5);
        if (kind->on_eintr == REPORTED)
            expect_no_second_act(kind, EINTR);
        if (kind->on_efault == REPEATED)
            expect_second_fault_reported(kind);
    }
    chain_survives(ECANCELED);
    chain_survives(EAGAIN);
    chain_survives(EINTR);
    chain_survives(EFAULT);
    return done();
}
