/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who waits for a password to be compared. Addresses take turns, those that never had one or had
 * it longest ago first; of one address the latest comes first. When there are too many, the
 * address with most of them loses its oldest. So whoever asks from elsewhere than those who guess
 * waits for hardly more than his own turn, and nobody sends him away.
 */
#include "http.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

/* IPv6 by its network of 64 bits, which one host may have for itself; a Unix socket by user. */
struct address address_of(struct MHD_Connection *connection, int fd)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *from = info ? info->client_addr : NULL;
    struct address address = {.family = AF_UNIX};
    struct ucred peer;
    socklen_t size = sizeof peer;

    if (from && from->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const void *)from;
        address.family = AF_INET;
        memcpy(address.bytes, &in->sin_addr, sizeof in->sin_addr);
    } else if (from && from->sa_family == AF_INET6) {
        const struct in6_addr *in = &((const struct sockaddr_in6 *)(const void *)from)->sin6_addr;
        bool mapped = IN6_IS_ADDR_V4MAPPED(in);
        address.family = mapped ? AF_INET : AF_INET6;
        memcpy(address.bytes, in->s6_addr + (mapped ? 12 : 0), mapped ? 4 : sizeof address.bytes);
    } else if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0) {
        memcpy(address.bytes, &peer.uid, sizeof peer.uid);
    }
    return address;
}

static bool is_same(const struct address *a, const struct address *b)
{
    return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

/* How many turns ago that address had its last; TURNS_MAX: as many, or more, or none. */
static unsigned turns_ago(const struct waiting *w, const struct address *address)
{
    unsigned known = w->turns < TURNS_MAX ? w->turns : TURNS_MAX;

    for (unsigned ago = 1; ago <= known; ago++)
        if (is_same(&w->served[(w->turns - ago) % TURNS_MAX], address))
            return ago - 1;
    return TURNS_MAX;
}

static struct question *take_out(struct waiting *w, int i)
{
    struct question *q = w->list[i];

    w->count--;
    memmove(w->list + i, w->list + i + 1, (size_t)(w->count - i) * sizeof *w->list);
    return q;
}

struct question *waiting_next(struct waiting *w)
{
    unsigned longest = 0;
    int next = 0;

    for (int i = 0; i < w->count; i++) {
        unsigned ago = turns_ago(w, &w->list[i]->address);
        if (ago >= longest) {
            longest = ago;
            next = i;
        }
    }
    w->served[w->turns++ % TURNS_MAX] = w->list[next]->address;
    return take_out(w, next);
}

struct question *waiting_add(struct waiting *w, struct question *q)
{
    int most = 0, first = 0;

    w->list[w->count++] = q;
    if (w->count <= WAITING_MAX)
        return NULL;
    for (int i = 0; i < w->count; i++) {
        int same = 0;
        for (int k = i; k < w->count; k++)
            same += is_same(&w->list[i]->address, &w->list[k]->address);
        if (same > most) {
            most = same;
            first = i;
        }
    }
    return take_out(w, first);
}
