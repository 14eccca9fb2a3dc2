// A folder of certificates made for one test, removed with it. Keys are PEM files NAME.key, certificates
// NAME.crt.
#pragma once

#include <gtest/gtest.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <string>

namespace forebay::net {

class CertificateFolder {
 public:
  enum class Key { kEc, kRsa, kEd25519 };
  struct Spec {
    std::string common_name;
    std::string alternative_names = {};  // OpenSSL's syntax: "DNS:a.example,IP:10.0.0.1"
    std::string issuer = {};  // name of an earlier certificate; empty: signs itself and is an authority
    Key key = Key::kEc;
    const char* digest = "SHA256";
  };

  CertificateFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "forebay-tls-XXXXXX").string();
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  ~CertificateFolder() { std::filesystem::remove_all(folder_); }
  CertificateFolder(const CertificateFolder&) = delete;
  CertificateFolder& operator=(const CertificateFolder&) = delete;

  std::string path(const std::string& file) const { return folder_ / file; }

  void make(const std::string& name, const Spec& spec) {
    Made made{makeKey(spec.key), std::unique_ptr<X509, FreeCertificate>(X509_new())};
    const Made& issuer = spec.issuer.empty() ? made : made_.at(spec.issuer);
    X509* certificate = made.certificate.get();
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial_);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 86400);
    X509_set_pubkey(certificate, made.key.get());
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(spec.common_name.data()),
                               static_cast<int>(spec.common_name.size()), -1, 0);
    X509_set_issuer_name(certificate, X509_get_subject_name(issuer.certificate.get()));
    if (spec.issuer.empty()) extend(certificate, NID_basic_constraints, "critical,CA:TRUE");
    if (!spec.alternative_names.empty()) extend(certificate, NID_subject_alt_name, spec.alternative_names);
    const bool own_hash = spec.key == Key::kEd25519;  // part of the algorithm
    ASSERT_GT(
        X509_sign(certificate, issuer.key.get(), own_hash ? nullptr : EVP_get_digestbyname(spec.digest)), 0);
    save(name, made);
    made_[name] = std::move(made);
  }

 private:
  struct FreeKey {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  };
  struct FreeCertificate {
    void operator()(X509* certificate) const { X509_free(certificate); }
  };
  struct Made {
    std::unique_ptr<EVP_PKEY, FreeKey> key;
    std::unique_ptr<X509, FreeCertificate> certificate;
  };

  static std::unique_ptr<EVP_PKEY, FreeKey> makeKey(Key kind) {
    switch (kind) {
      case Key::kEc: return std::unique_ptr<EVP_PKEY, FreeKey>(EVP_EC_gen("P-256"));
      case Key::kRsa: return std::unique_ptr<EVP_PKEY, FreeKey>(EVP_RSA_gen(2048));
      case Key::kEd25519:
        return std::unique_ptr<EVP_PKEY, FreeKey>(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
    }
    return nullptr;
  }

  static void extend(X509* certificate, int kind, const std::string& value) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str());
    ASSERT_NE(extension, nullptr) << value;
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
  }

  void save(const std::string& name, const Made& made) const {
    std::FILE* key = std::fopen(path(name + ".key").c_str(), "w");
    std::FILE* certificate = std::fopen(path(name + ".crt").c_str(), "w");
    ASSERT_TRUE(key != nullptr && certificate != nullptr);
    EXPECT_EQ(PEM_write_PrivateKey(key, made.key.get(), nullptr, nullptr, 0, nullptr, nullptr), 1);
    EXPECT_EQ(PEM_write_X509(certificate, made.certificate.get()), 1);
    std::fclose(key);
    std::fclose(certificate);
  }

  std::filesystem::path folder_;
  std::map<std::string, Made> made_;
  long serial_ = 0;
};

}  // namespace forebay::net
