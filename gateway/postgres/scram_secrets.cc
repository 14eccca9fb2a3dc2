#include "gateway/postgres/scram_secrets.h"

#include "pgproto/scram_crypto.h"

namespace forebay::postgres {

pgproto::ScramSecret ScramSecrets::secretOf(Bytes user, Bytes password, Bytes process_secret,
                                            uint32_t iterations) {
  const pgproto::ScramKey hash = pgproto::sha256(password);
  const auto known = made_.find(user);
  if (known != made_.end() && known->second.password_hash == hash &&
      known->second.secret.iterations == iterations)
    return known->second.secret;
  if (made_.size() >= kMaxUsers) made_.clear();
  const std::string salt = pgproto::makeMockScramSecret(user, process_secret, iterations).salt;
  Made& made = made_[std::string(user)];
  made = {hash, pgproto::makeScramSecret(password, salt, iterations)};
  return made.secret;
}

}  // namespace forebay::postgres
