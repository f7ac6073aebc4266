/* SPDX-License-Identifier: Apache-2.0 */
/* io_uring_setup fails, with whatever errno: AUTO serves everything on threads and tells why,
 * URING is refused with that errno. */
#include "everything.h"
#include "seccomp.h"

static int fd;
static _Atomic int notices;

static void count_notice(int level, const char *msg, void *user_data)
{
    (void)user_data;
    if (level == AURAIO_LOG_NOTICE && strchr(msg, '\n') == NULL && msg[0])
        atomic_fetch_add(&notices, 1);
}

static int without_setup(void *arg)
{
    int error = *(int *)arg;
    auraio_options_t options;
    auraio_features_t features;

    EXPECT(deny((struct denial){SYS_io_uring_setup, error}));
    auraio_options_init(&options);
    options.backend = AURAIO_BACKEND_URING;
    errno = 0;
    EXPECT(!auraio_create_with_options(&options));
    EXPECT(errno == error);

    EXPECT(auraio_probe(&features) == 0);
    EXPECT(features.backend == AURAIO_BACKEND_THREADS && features.uring_errno == error);
    auraio_set_log_handler(count_notice, NULL);
    auraio_engine_t *engine = auraio_create();
    EXPECT(engine);
    EXPECT(atomic_load(&notices) == 1);
    EXPECT(auraio_get_features(engine, &features) == 0);
    EXPECT(features.backend == AURAIO_BACKEND_THREADS);
    EXPECT(features.uring_errno == error);
    EXPECT(strlen(features.reason) > 0);
    dprintf(1, "# %s\n", features.reason);
    EXPECT(serves_everything(engine, fd) == 0);
    int fds = count_fds();
    EXPECT(auraio_destroy_timeout(engine, 60000) == 0);
    EXPECT(count_fds() < fds);
    return 0;
}

int main(void)
{
    const int errors[] = {EPERM, ENOSYS, EACCES, EOPNOTSUPP, EINVAL, ENOMEM, EMFILE, ENFILE};

    need_seccomp();
    fd = scratch_file("file", 0, 0);
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        int error = errors[i];
        is(in_child(without_setup, &error), 0, "%s", strerror(error));
    }
    return done();
}
