/* SPDX-License-Identifier: Apache-2.0 */
/* What TLS takes of the configuration, and whose certificates it trusts. */
#include "http.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <string.h>

static gnutls_datum_t datum(char *text)
{
    return (gnutls_datum_t){(unsigned char *)text, (unsigned)strlen(text)};
}

static const char *check_key(gnutls_certificate_credentials_t credentials,
                             const struct config *config)
{
    gnutls_datum_t certificate = datum(config->certificate), key = datum(config->key);
    int error =
        gnutls_certificate_set_x509_key_mem(credentials, &certificate, &key, GNUTLS_X509_FMT_PEM);

    return error < 0 ? gnutls_strerror(error) : NULL;
}

static const char *check_client_ca(gnutls_certificate_credentials_t credentials,
                                   const struct config *config)
{
    gnutls_datum_t ca = datum(config->client_ca);
    int found = gnutls_certificate_set_x509_trust_mem(credentials, &ca, GNUTLS_X509_FMT_PEM);

    return found < 0 ? gnutls_strerror(found) : found == 0 ? "no certificate in it" : NULL;
}

const char *tls_check(const struct config *config, bool client_ca)
{
    gnutls_certificate_credentials_t credentials;
    int error = gnutls_certificate_allocate_credentials(&credentials);

    if (error < 0)
        return gnutls_strerror(error);
    const char *problem =
        client_ca ? check_client_ca(credentials, config) : check_key(credentials, config);
    gnutls_certificate_free_credentials(credentials);
    return problem;
}

bool tls_trusts(enum client_auth client_auth, struct MHD_Connection *connection)
{
    static char purpose[] = GNUTLS_KP_TLS_WWW_CLIENT;
    gnutls_typed_vdata_st wanted = {.type = GNUTLS_DT_KEY_PURPOSE_OID,
                                    .data = (unsigned char *)purpose};
    const union MHD_ConnectionInfo *info;
    unsigned status = 1, count = 0;

    if (client_auth == CLIENT_NONE)
        return true;
    info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    if (!info)
        return false;
    gnutls_session_t session = (gnutls_session_t)info->tls_session;
    if (!gnutls_certificate_get_peers(session, &count) || !count)
        return client_auth == CLIENT_IF_GIVEN;
    return gnutls_certificate_verify_peers(session, &wanted, 1, &status) == 0 && status == 0;
}
