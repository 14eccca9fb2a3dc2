#include "gateway/postgres/scram_secrets.h"

#include "pgproto/scram_crypto.h"

namespace forebay::postgres {

const pgproto::ScramSecret* ScramSecrets::find(Bytes user, Bytes password, uint32_t iterations) const {
  const auto known = made_.find(user);
  if (known == made_.end() || known->second.secret.iterations != iterations ||
      known->second.password_hash != pgproto::sha256(password))
    return nullptr;
  return &known->second.secret;
}

void ScramSecrets::keep(Bytes user, Bytes password, const pgproto::ScramSecret& secret) {
  if (made_.size() >= kMaxUsers) made_.clear();
  made_[std::string(user)] = {pgproto::sha256(password), secret};
}

}  // namespace forebay::postgres
