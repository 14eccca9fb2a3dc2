// What the gateway reads out of a certificate. Pure functions; null stands for "no certificate".
#pragma once

#include <string>

using X509 = struct x509_st;
using X509_STORE_CTX = struct x509_store_ctx_st;

namespace forebay::net {

// The channel binding data tls-server-end-point (RFC 5929, 4.1): the certificate's hash, made with the hash
// of its own signature, and SHA-256 where that is MD5 or SHA-1. Empty when the signature names no hash
// (Ed25519), for which the RFC defines nothing: SCRAM-SHA-256-PLUS is not possible then.
std::string endPointHash(const X509* certificate);

// The subject's common name in UTF-8; the last one when there are several. Empty when there is none, or when
// a zero byte hides in it: "admin\0.example.com" must not pass for "admin".
std::string commonName(const X509* certificate);

// A verify callback that accepts, as libpq does, a certificate whose common name is the IP address asked for
// when it has no address among its alternative names. OpenSSL's own check looks at the alternative names
// only.
int acceptAddressAsCommonName(int verified, X509_STORE_CTX* store);

}  // namespace forebay::net
