/* SPDX-License-Identifier: Apache-2.0 */
/* What seccomp denies is made up for on a single_thread engine too, and with several rings. */
#include "everything.h"
#include "seccomp.h"

struct setting {
    struct denial denial;
    bool single_thread;
};

static int fd;

static int serve(void *arg)
{
    const struct setting *setting = arg;
    auraio_options_t options;

    EXPECT(deny(setting->denial));
    auraio_options_init(&options);
    options.single_thread = setting->single_thread;
    options.ring_count = setting->single_thread ? 1 : 3;
    options.ring_select = AURAIO_SELECT_ROUND_ROBIN;
    auraio_engine_t *engine = auraio_create_with_options(&options);
    EXPECT(engine);
    for (int i = 0; i < 3; i++)
        EXPECT(serves_everything(engine, fd) == 0);
    EXPECT(auraio_destroy_timeout(engine, 60000) == 0);
    return 0;
}

int main(void)
{
    const struct denial denials[] = {
        {SYS_io_uring_setup, EPERM}, {SYS_io_uring_enter, EPERM}, {SYS_io_uring_register, EPERM}};
    const char *const names[] = {"setup", "enter", "register"};

    need_seccomp();
    fd = scratch_file("file", 0, 0);
    for (int i = 0; i < 6; i++) {
        struct setting setting = {denials[i / 2], i % 2};
        is(in_child(serve, &setting), 0, "no %s, %s", names[i / 2],
           i % 2 ? "single_thread" : "three rings");
    }
    return done();
}
