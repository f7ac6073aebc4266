/* SPDX-License-Identifier: Apache-2.0 */
/* With resolve_registered_files a plain descriptor stands for its registered slot in transfers
 * only: openat takes it as a directory, and close closes it and nothing that has its number
 * later. */
#include "outcome.h"

int main(void)
{
    int file = scratch_file("file", 4096, 0), again;
    int directory = open(scratch_dir(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int fds[] = {directory, file};
    unsigned char buf[4096];
    struct seen seen = {0};
    auraio_options_t options;

    test_options(&options);
    options.resolve_registered_files = true;
    auraio_engine_t *engine = test_engine(&options);
    is(auraio_register_files(engine, fds, 2), 0, "a directory and a file are registered");
    is(outcome(engine, auraio_read(engine, file, auraio_buf(buf), sizeof buf, 0, see, &seen),
               &seen),
       sizeof buf, "the file is read");
    ssize_t opened =
        outcome(engine, auraio_openat(engine, directory, "file", O_RDONLY, 0, see, &seen), &seen);
    ok(opened >= 0 && fcntl((int)opened, F_GETFD) >= 0, "openat in the directory opens a file");
    is(outcome(engine, auraio_mkdirat(engine, directory, "sub", 0700, see, &seen), &seen), 0,
       "mkdirat in it makes one");
    is(outcome(engine, auraio_close(engine, file, see, &seen), &seen), 0, "close of the file");
    is(fcntl(file, F_GETFD), -1, "... has closed its descriptor");
    if ((again = dup3(directory, file, O_CLOEXEC)) != file)
        bail("dup3: %s", strerror(errno));
    is(auraio_unregister_files(engine), 0, "the set is unregistered");
    auraio_destroy(engine);
    ok(fcntl(again, F_GETFD) >= 0, "what has its number now is still open");
    ok(fcntl(directory, F_GETFD) >= 0, "so is the directory");
    close((int)opened);
    close(again);
    close(directory);
    return done();
}
