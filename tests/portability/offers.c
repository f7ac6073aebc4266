/* SPDX-License-Identifier: Apache-2.0 */
/* What this kernel offers to the library, a line each. */
#include <auraio.h>

#include <stdio.h>
#include <string.h>

int main(void)
{
    auraio_features_t found;

    if (auraio_probe(&found) != 0)
        return 1;
    printf("Linux %s, backend %s %s\n", found.kernel_release, auraio_backend_name(found.backend),
           found.reason);
    for (int bit = 0; bit < 64; bit++) {
        const char *name = auraio_feature_name(bit);
        if (strcmp(name, "UNKNOWN") != 0)
            printf("%s %s\n", found.available >> bit & 1 ? "has  " : "lacks", name);
    }
    return 0;
}
