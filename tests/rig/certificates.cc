#include "tests/rig/certificates.h"

#include "tests/rig/process.h"

namespace forebay::rig {
namespace {

std::vector<std::string> newKey(const std::filesystem::path& key_file, const std::string& common_name) {
  return {"openssl",
          "req",
          "-new",
          "-newkey",
          "ec",
          "-pkeyopt",
          "ec_paramgen_curve:P-256",
          "-nodes",
          "-keyout",
          key_file.string(),
          "-subj",
          "/CN=" + common_name};
}

std::vector<std::string> operator+(std::vector<std::string> left, const std::vector<std::string>& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ",") + name;
  return out;
}

}  // namespace

CertificateAuthority::CertificateAuthority(const std::string& common_name)
    : cert_file_(dir_ / "authority.crt"), key_file_(dir_ / "authority.key") {
  runOrFail({.argv = newKey(key_file_, common_name) +
                     std::vector<std::string>{"-x509", "-days", "2", "-out", cert_file_}});
}

Certificate CertificateAuthority::issue(const std::string& common_name,
                                        const std::vector<std::string>& alternative_names) {
  const std::string stem = "issued-" + std::to_string(++issued_);
  const Certificate out{dir_ / (stem + ".crt"), dir_ / (stem + ".key")};
  const std::filesystem::path request = dir_ / (stem + ".csr");
  const std::string extensions = alternative_names.empty()
                                     ? "basicConstraints=CA:FALSE\n"
                                     : "subjectAltName=" + joined(alternative_names) + "\n";
  const std::filesystem::path extension_file = dir_.write(stem + ".ext", extensions);

  runOrFail({.argv = newKey(out.key_file, common_name) + std::vector<std::string>{"-out", request}});
  runOrFail({.argv = {"openssl", "x509", "-req", "-in", request, "-CA", cert_file_, "-CAkey", key_file_,
                      "-CAcreateserial", "-days", "2", "-extfile", extension_file, "-out", out.cert_file}});
  return out;
}

}  // namespace forebay::rig
