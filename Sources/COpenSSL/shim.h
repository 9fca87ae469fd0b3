#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <string.h>

// OpenSSL's macros that Swift can't see.

/// TLS 1.2 or later; 1 on success.
static inline int openssl_require_tls12(SSL_CTX *context) {
    return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1;
}

/// A write may take a part, and the next may come from elsewhere; idle buffers are given back.
static inline void openssl_set_modes(SSL_CTX *context) {
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
}

/// Names the wanted server in the handshake (SNI); 1 on success.
static inline int openssl_set_server_name(SSL *ssl, const char *name) {
    return SSL_set_tlsext_host_name(ssl, name) == 1;
}

/// The library-independent reason in an error code.
static inline int openssl_reason(unsigned long code) { return ERR_GET_REASON(code); }

/// Whether the error is an alert that the peer sent.
static inline int openssl_is_alert(unsigned long code) {
    return ERR_GET_LIB(code) == ERR_LIB_SSL && ERR_GET_REASON(code) >= SSL_AD_REASON_OFFSET;
}

/// TLS 1.3 or later, and every connection proves itself anew: no session is resumed. 1 on success.
static inline int openssl_require_fresh_tls13(SSL_CTX *context) {
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
    return SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1 &&
           SSL_CTX_set_num_tickets(context, 0) == 1;
}

/// Copies the certificate's only URI name to `out`; its length, or -1 when it has none, several, or
/// a longer one than `size`.
static inline int openssl_uri_of_certificate(const X509 *certificate, char *out, int size) {
    GENERAL_NAMES *names = certificate == NULL ? NULL
                                               : (GENERAL_NAMES *)X509_get_ext_d2i(
                                                     certificate, NID_subject_alt_name, NULL, NULL);
    int length = -1;
    int found = 0;
    for (int place = 0; names != NULL && place < sk_GENERAL_NAME_num(names); place++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, place);
        if (name->type != GEN_URI) continue;
        found += 1;
        length = ASN1_STRING_length(name->d.uniformResourceIdentifier);
        if (length <= size) {
            memcpy(out, ASN1_STRING_get0_data(name->d.uniformResourceIdentifier), (size_t)length);
        }
    }
    GENERAL_NAMES_free(names);
    return found == 1 && length <= size ? length : -1;
}

/// The certificate that the peer showed, also when it was refused; NULL without one.
static inline const X509 *openssl_shown_certificate(const SSL *ssl) {
    const X509 *certificate = SSL_get0_peer_certificate(ssl);
    if (certificate != NULL) return certificate;
    STACK_OF(X509) *chain = SSL_get0_verified_chain(ssl);
    return chain != NULL && sk_X509_num(chain) > 0 ? sk_X509_value(chain, 0) : NULL;
}

/// The context's first authority; NULL without one. The caller owns it.
static inline X509 *openssl_first_authority(SSL_CTX *context) {
    STACK_OF(X509) *all = X509_STORE_get1_all_certs(SSL_CTX_get_cert_store(context));
    X509 *first = all != NULL && sk_X509_num(all) > 0 ? sk_X509_value(all, 0) : NULL;
    if (first != NULL) X509_up_ref(first);
    sk_X509_pop_free(all, X509_free);
    return first;
}

/// The certificates that a context sends between its own and the authority.
static inline void openssl_chain_between(SSL_CTX *context, STACK_OF(X509) **chain) {
    SSL_CTX_get0_chain_certs(context, chain);
}
