// ScramProver answers SCRAM-SHA-256 as a client does, honest or not. Written apart from pgproto/, so that a
// mistake there is not repeated here.
#pragma once

#include <string>
#include <string_view>

namespace forebay::rig {

class ScramProver {
 public:
  // `gs2_header`: "n,,", "y,," or "p=tls-server-end-point,,", which `end_point_data` belongs to.
  explicit ScramProver(std::string password, std::string gs2_header = "n,,", std::string end_point_data = "")
      : password_(std::move(password)),
        gs2_header_(std::move(gs2_header)),
        end_point_data_(std::move(end_point_data)) {}

  std::string first() const { return gs2_header_ + firstBare(); }
  std::string final(std::string_view server_first) const;  // throws when that is not one

 private:
  static std::string firstBare() { return "n=,r=rOprNGfwEbeRWgbNEkqO"; }

  std::string password_, gs2_header_, end_point_data_;
};

// "SCRAM-SHA-256$...", as PostgreSQL stores a password.
std::string scramSecret(std::string_view password, int iterations = 4096);

std::string toBase64(std::string_view bytes);

}  // namespace forebay::rig
