#include "gateway/net/tls_certificate.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>

namespace forebay::net {
namespace {

template <auto kFree>
struct Free {
  template <typename T>
  void operator()(T* pointer) const {
    kFree(pointer);
  }
};
using AddressPtr = std::unique_ptr<ASN1_OCTET_STRING, Free<ASN1_OCTET_STRING_free>>;
using NamesPtr = std::unique_ptr<GENERAL_NAMES, Free<GENERAL_NAMES_free>>;

bool namesAnAddress(const X509* certificate) {
  const NamesPtr names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i)
    if (sk_GENERAL_NAME_value(names.get(), i)->type == GEN_IPADD) return true;
  return false;
}

// The address that the session was told to expect; null when it expects a host name.
AddressPtr expectedAddress(X509_STORE_CTX* store) {
  char* text = X509_VERIFY_PARAM_get1_ip_asc(X509_STORE_CTX_get0_param(store));
  if (text == nullptr) return nullptr;
  AddressPtr address(a2i_IPADDRESS(text));
  OPENSSL_free(text);
  return address;
}

}  // namespace

std::string endPointHash(const X509* certificate) {
  if (certificate == nullptr) return {};
  int digest_id = NID_undef;
  if (X509_get_signature_info(const_cast<X509*>(certificate), &digest_id, nullptr, nullptr, nullptr) != 1)
    return {};
  if (digest_id == NID_undef) return {};
  if (digest_id == NID_md5 || digest_id == NID_sha1) digest_id = NID_sha256;
  const EVP_MD* digest = EVP_get_digestbynid(digest_id);
  unsigned char hash[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  if (digest == nullptr || X509_digest(certificate, digest, hash, &length) != 1) return {};
  return {reinterpret_cast<const char*>(hash), length};
}

std::string commonName(const X509* certificate) {
  if (certificate == nullptr) return {};
  const X509_NAME* subject = X509_get_subject_name(certificate);
  int last = -1;
  for (int i = -1; (i = X509_NAME_get_index_by_NID(subject, NID_commonName, i)) >= 0;) last = i;
  if (last < 0) return {};
  unsigned char* utf8 = nullptr;
  const int length = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, last)));
  if (length < 0) return {};
  std::string name(reinterpret_cast<const char*>(utf8), static_cast<size_t>(length));
  OPENSSL_free(utf8);
  return name.find('\0') == std::string::npos ? name : std::string();
}

int acceptAddressAsCommonName(int verified, X509_STORE_CTX* store) {
  if (verified == 1 || X509_STORE_CTX_get_error(store) != X509_V_ERR_IP_ADDRESS_MISMATCH) return verified;
  const X509* certificate = X509_STORE_CTX_get_current_cert(store);
  if (certificate == nullptr || namesAnAddress(certificate)) return 0;
  const AddressPtr expected = expectedAddress(store);
  const AddressPtr named(a2i_IPADDRESS(commonName(certificate).c_str()));
  if (!expected || !named || ASN1_OCTET_STRING_cmp(expected.get(), named.get()) != 0) return 0;
  X509_STORE_CTX_set_error(store, X509_V_OK);
  return 1;
}

}  // namespace forebay::net
