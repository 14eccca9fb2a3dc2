// Certificates made for one test run: a small authority and what it signs. ECDSA P-256, valid for two days.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tests/rig/temp_dir.h"

namespace forebay::rig {

struct Certificate {
  std::filesystem::path cert_file, key_file;
};

class CertificateAuthority {
 public:
  explicit CertificateAuthority(const std::string& common_name = "Forebay test authority");

  const std::filesystem::path& certFile() const { return cert_file_; }
  // `alternative_names` as OpenSSL writes them: "DNS:localhost", "IP:127.0.0.1". For a client certificate the
  // common name is the PostgreSQL user.
  Certificate issue(const std::string& common_name,
                    const std::vector<std::string>& alternative_names = {"DNS:localhost", "IP:127.0.0.1"});

 private:
  TempDir dir_{"certificates"};
  std::filesystem::path cert_file_, key_file_;
  int issued_ = 0;
};

}  // namespace forebay::rig
