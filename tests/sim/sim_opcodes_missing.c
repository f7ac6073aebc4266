/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's io_uring lacks an operation: it runs on a helper thread with the same
 * result, done once, alone and within a chain; the others stay on the ring. For each
 * opcode that a kernel may lack, and for all of them at once.
 */
#include "kinds.h"

#include "kern.h"
#include "tap.h"

#include <errno.h>

#define OP_FTRUNCATE 55 /* newer than the headers */

/* What every io_uring has had since the first one that serves us. */
static const uint64_t always = 1ULL << IORING_OP_POLL_ADD | 1ULL << IORING_OP_ASYNC_CANCEL;

static const int lacking[] = {
    IORING_OP_READ,     IORING_OP_WRITE,    IORING_OP_READV,     IORING_OP_WRITEV,
    IORING_OP_FSYNC,    IORING_OP_OPENAT,   IORING_OP_CLOSE,     IORING_OP_STATX,
    IORING_OP_FADVISE,  IORING_OP_RENAMEAT, IORING_OP_FALLOCATE, IORING_OP_SYNC_FILE_RANGE,
    IORING_OP_UNLINKAT, IORING_OP_MKDIRAT,  IORING_OP_NOP,       OP_FTRUNCATE};

/* NULL or what went wrong. */
static const char *run(const struct kind *kind, const struct sim_config *config)
{
    struct told told = {0};
    const char *wrong = NULL;
    int fd;
    auraio_engine_t *engine = kind_begin(kind, config, &fd);
    auraio_op_t op = kind_op(kind, fd);

    op.callback = tell;
    op.user_data = &told;
    if (auraio_submit(engine, &op, 1, NULL) != 1)
        wrong = "it is refused";
    else if (!wait_for(engine, &told) || !kind_succeeded(kind, &told, kind_effects()))
        wrong = "it has another result, or was not done once";
    auraio_destroy(engine);
    sim_uninstall();
    return wrong;
}

/* Between two operations that do nothing. */
static const char *run_in_chain(const struct kind *kind, const struct sim_config *config)
{
    struct told told[3] = {{0}};
    auraio_op_t ops[3] = {{.type = AURAIO_OP_NOP}, {0}, {.type = AURAIO_OP_NOP}};
    const char *wrong = NULL;
    int fd;
    auraio_engine_t *engine = kind_begin(kind, config, &fd);

    ops[1] = kind_op(kind, fd);
    for (int i = 0; i < 3; i++) {
        ops[i].flags = i < 2 ? AURAIO_OPF_LINK : 0;
        ops[i].callback = tell;
        ops[i].user_data = &told[i];
    }
    if (auraio_submit(engine, ops, 3, NULL) != 3)
        wrong = "the chain is refused";
    else if (!wait_for(engine, &told[2]) || told[0].calls != 1 || told[0].result ||
             told[2].result || !kind_succeeded(kind, &told[1], kind_effects()))
        wrong = "the chain goes another way";
    auraio_destroy(engine);
    sim_uninstall();
    return wrong;
}

static void all_kinds(const char *what, int opcode, uint64_t missing)
{
    struct sim_config config = {.seed = 8, .opcodes_missing = missing};

    for (size_t i = 0; i < kind_count; i++) {
        const char *wrong = run(&kinds[i], &config);
        if (!wrong)
            wrong = run_in_chain(&kinds[i], &config);
        ok(!wrong, "%s %d missing: %s", what, opcode, kinds[i].name);
        if (wrong)
            note("%s", wrong);
    }
}

int main(void)
{
    for (size_t i = 0; i < sizeof lacking / sizeof *lacking; i++)
        all_kinds("opcode", lacking[i], 1ULL << lacking[i]);
    all_kinds("all but opcode", IORING_OP_POLL_ADD, ~always);
    return done();
}
