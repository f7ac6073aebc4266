/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Passwords. bcrypt is slow on purpose, so it runs in a thread of its own, once for a password:
 * verdicts are kept, under a keyed digest of user and password. The right one of each user stays;
 * of wrong ones the last WRONG_MAX, in places of their own, so that nobody who guesses can drive
 * out a right one, and a new reading of the configuration keeps them. Who has no verdict waits.
 *
 * An unknown user is compared with the hash of a known one, always the same for a name, and
 * refused whatever comes out: nothing in the time tells them apart.
 */
#include "http.h"

#include <crypt.h>
#include <gnutls/crypto.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define WRONG_MAX 256

struct auth {
    const struct config *config;
    unsigned char secret[DIGEST_BYTES];
    pthread_t worker;
    struct crypt_data data; /* the worker's */

    pthread_mutex_t lock;
    pthread_cond_t asked;
    /* Under the lock: */
    bool ends;
    struct waiting waiting;
    unsigned char right[USERS_MAX][DIGEST_BYTES]; /* zeros: none yet */
    unsigned char wrong[WRONG_MAX][DIGEST_BYTES];
    unsigned next_wrong;
};

static bool digest(const struct auth *auth, const char *user, const char *password,
                   unsigned char *out)
{
    gnutls_hmac_hd_t hmac;

    if (gnutls_hmac_init(&hmac, GNUTLS_MAC_SHA256, auth->secret, sizeof auth->secret))
        return false;
    bool good = gnutls_hmac(hmac, user, strlen(user) + 1) == 0 &&
                gnutls_hmac(hmac, password, strlen(password)) == 0;
    gnutls_hmac_deinit(hmac, out);
    return good;
}

/* Whose hash it is to be compared with. */
static bool choose_user(const struct auth *auth, const char *user, struct question *q)
{
    unsigned char of_name[DIGEST_BYTES];
    unsigned number;

    if (!digest(auth, user, "", of_name))
        return false;
    memcpy(&number, of_name, sizeof number);
    q->user = (int)(number % (unsigned)auth->config->user_count);
    q->known = false;
    for (int i = 0; i < auth->config->user_count; i++)
        if (strcmp(auth->config->users[i].name, user) == 0) {
            q->user = i;
            q->known = true;
        }
    return true;
}

static enum verdict look_up(const struct auth *auth, const struct question *q)
{
    if (q->known && memcmp(auth->right[q->user], q->digest, DIGEST_BYTES) == 0)
        return VERDICT_IN;
    for (int i = 0; i < WRONG_MAX; i++)
        if (memcmp(auth->wrong[i], q->digest, DIGEST_BYTES) == 0)
            return VERDICT_OUT;
    return VERDICT_NONE;
}

static void keep(struct auth *auth, const struct question *q, enum verdict verdict)
{
    unsigned char *place =
        verdict == VERDICT_IN ? auth->right[q->user] : auth->wrong[auth->next_wrong++ % WRONG_MAX];

    memcpy(place, q->digest, DIGEST_BYTES);
}

/* The question belongs to its connection's thread from here on. */
static void give(struct question *q, enum verdict verdict)
{
    struct MHD_Connection *connection = q->connection;

    explicit_bzero(q->password, strlen(q->password));
    MHD_free(q->password);
    q->password = NULL;
    q->verdict = verdict;
    MHD_resume_connection(connection);
}

static enum verdict verify(struct auth *auth, const struct question *q)
{
    const char *hash = auth->config->users[q->user].hash;
    /* Not crypt_r, which the sanitizers replace by one that looks for it in vain. */
    const char *got = crypt_rn(q->password, hash, &auth->data, (int)sizeof auth->data);
    bool same = got && strlen(got) == strlen(hash) && gnutls_memcmp(got, hash, strlen(hash)) == 0;

    explicit_bzero(&auth->data, sizeof auth->data);
    return same && q->known ? VERDICT_IN : VERDICT_OUT;
}

static void *work(void *user)
{
    struct auth *auth = user;

    pthread_mutex_lock(&auth->lock);
    while (!auth->ends) {
        if (!auth->waiting.count) {
            pthread_cond_wait(&auth->asked, &auth->lock);
            continue;
        }
        struct question *q = waiting_next(&auth->waiting);
        enum verdict verdict = look_up(auth, q); /* somebody asked the same meanwhile */
        pthread_mutex_unlock(&auth->lock);
        bool fresh = verdict == VERDICT_NONE;
        if (fresh)
            verdict = verify(auth, q);
        pthread_mutex_lock(&auth->lock);
        if (fresh)
            keep(auth, q, verdict);
        give(q, verdict);
    }
    while (auth->waiting.count)
        give(waiting_next(&auth->waiting), VERDICT_BUSY);
    pthread_mutex_unlock(&auth->lock);
    return NULL;
}

static void enqueue(struct auth *auth, struct question *q)
{
    struct question *gone = waiting_add(&auth->waiting, q);

    if (gone)
        give(gone, VERDICT_BUSY);
    pthread_cond_signal(&auth->asked);
}

enum verdict auth_ask(struct auth *auth, struct question *q, struct MHD_Connection *connection)
{
    char *password = NULL, *user = MHD_basic_auth_get_username_password(connection, &password);
    enum verdict verdict = VERDICT_OUT;

    if (user && password) {
        verdict = VERDICT_BUSY;
        if (choose_user(auth, user, q) && digest(auth, user, password, q->digest)) {
            pthread_mutex_lock(&auth->lock);
            verdict = look_up(auth, q);
            if (verdict == VERDICT_NONE)
                verdict = auth->ends ? VERDICT_BUSY : VERDICT_WAITS;
            if (verdict == VERDICT_WAITS) {
                q->connection = connection;
                q->address = address_of(connection, connection_of(connection)->fd);
                q->password = password;
                password = NULL;
                MHD_suspend_connection(connection);
                enqueue(auth, q);
            }
            pthread_mutex_unlock(&auth->lock);
        }
    }
    MHD_free(user);
    if (password)
        explicit_bzero(password, strlen(password));
    MHD_free(password);
    return verdict;
}

/* A right password is known by secret, name and hash. */
static void carry_over(struct auth *auth, struct auth *before)
{
    const struct config *old = before->config, *new = auth->config;

    pthread_mutex_lock(&before->lock);
    memcpy(auth->secret, before->secret, sizeof auth->secret);
    for (int i = 0; i < new->user_count; i++)
        for (int k = 0; k < old->user_count; k++)
            if (strcmp(new->users[i].name, old->users[k].name) == 0 &&
                strcmp(new->users[i].hash, old->users[k].hash) == 0)
                memcpy(auth->right[i], before->right[k], DIGEST_BYTES);
    pthread_mutex_unlock(&before->lock);
}

static bool make_secret(struct auth *auth)
{
    return gnutls_rnd(GNUTLS_RND_KEY, auth->secret, sizeof auth->secret) == 0;
}

struct auth *auth_start(const struct config *config, struct auth *before)
{
    struct auth *auth = calloc(1, sizeof *auth);

    if (auth) {
        auth->config = config;
        pthread_mutex_init(&auth->lock, NULL);
        pthread_cond_init(&auth->asked, NULL);
        if (before)
            carry_over(auth, before);
        if ((before || make_secret(auth)) && pthread_create(&auth->worker, NULL, work, auth) == 0)
            return auth;
        free(auth);
    }
    log_line(LEVEL_ERROR, "cannot verify passwords: no memory, thread or random numbers");
    return NULL;
}

void auth_stop(struct auth *auth)
{
    pthread_mutex_lock(&auth->lock);
    auth->ends = true;
    pthread_cond_signal(&auth->asked);
    pthread_mutex_unlock(&auth->lock);
    pthread_join(auth->worker, NULL);
}

void auth_free(struct auth *auth)
{
    pthread_cond_destroy(&auth->asked);
    pthread_mutex_destroy(&auth->lock);
    free(auth);
}
