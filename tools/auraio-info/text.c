/* SPDX-License-Identifier: Apache-2.0 */
/* For people. */
#include "info.h"

#include <stdio.h>

static void print_limit(const char *what, rlim_t limit, unsigned unit, const char *unit_name)
{
    if (limit == RLIM_INFINITY)
        printf("  %-18s unlimited\n", what);
    else
        printf("  %-18s %llu%s\n", what, (unsigned long long)limit / unit, unit_name);
}

static void print_found(const struct info *info)
{
    const auraio_features_t *features = &info->features;

    printf("libauraio %s\n", auraio_version());
    printf("  %-18s %s\n", "backend", auraio_backend_name(features->backend));
    if (features->backend != AURAIO_BACKEND_URING)
        printf("  %-18s %s\n", "not io_uring", features->reason);
    printf("  %-18s %s\n", "kernel", features->kernel_release);
    printf("  %-18s %s (built with %s)\n", "liburing", features->liburing_running,
           features->liburing_built);
}

static void print_around(const struct surroundings *around)
{
    static const char *const disabled[] = {"for everybody (0)", "for one group (1)",
                                           "for nobody (2)"};
    static const char *const seccomp[] = {"none", "strict", "a filter is active"};

    printf("\nthis process\n");
    if (around->processors > 0)
        printf("  %-18s %ld\n", "processors", around->processors);
    if (around->uring_disabled >= 0 && around->uring_disabled < 3)
        printf("  %-18s %s\n", "io_uring is", disabled[around->uring_disabled]);
    if (around->uring_disabled == 1 && around->uring_group >= 0)
        printf("  %-18s %ld\n", "of group", around->uring_group);
    if (around->seccomp >= 0 && around->seccomp < 3)
        printf("  %-18s %s\n", "seccomp", seccomp[around->seccomp]);
    if (around->can_lock_everything)
        printf("  %-18s unlimited (CAP_IPC_LOCK)\n", "locked memory");
    else
        print_limit("locked memory", around->locked.rlim_cur, 1024, " KiB");
    print_limit("descriptors", around->files.rlim_cur, 1, "");
}

static void print_features(const struct info *info)
{
    printf("\nfeatures\n");
    for (int i = 0; i < info_feature_count; i++) {
        const struct feature *feature = &info_features[i];
        bool has = info_has(info, feature->bit);
        printf("  %-18s %-3s  %s%s%s\n", auraio_feature_name(feature->bit), has ? "yes" : "no",
               feature->gives, has ? "" : "; since Linux ", has ? "" : feature->since);
    }
}

bool info_print_text(const struct info *info)
{
    print_found(info);
    print_around(&info->around);
    if (info->features.backend == AURAIO_BACKEND_URING)
        print_features(info);
    for (int i = 0; i < info->remedy_count; i++)
        printf("%s  - %s\n", i ? "" : "\nwhat to do\n", info->remedies[i]);
    return fflush(stdout) == 0 && !ferror(stdout);
}
