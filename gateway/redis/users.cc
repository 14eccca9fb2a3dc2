#include "gateway/redis/users.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <array>

namespace forebay::redis {
namespace {

std::string digestOf(Bytes password) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(password.data()), password.size(), digest.data());
  return {digest.begin(), digest.end()};
}

UserPtr makeUser(const std::string& name, const std::string& password) {
  auto user = std::make_shared<CacheUser>();
  user->name = name;
  if (!password.empty()) user->password_digest = digestOf(password);
  return user;
}

}  // namespace

Users makeUsers(const conf::Cache& cache) {
  Users users;
  if (cache.users.empty()) {
    users["default"] = makeUser("default", cache.password);
    if (!cache.user.empty()) users[cache.user] = makeUser(cache.user, cache.password);
    // Who may log in as a user of another name must say that name.
    if (!cache.user.empty() && cache.user != "default" && !cache.password.empty()) users.erase("default");
    return users;
  }
  for (const auto& [name, configured] : cache.users) {
    auto user = std::make_shared<CacheUser>(*makeUser(name, configured.password));
    user->rules = {configured.commands, configured.keys, configured.channels};
    user->restricted = true;
    users[name] = std::move(user);
  }
  return users;
}

bool passwordFits(const CacheUser* user, Bytes password) {
  static const std::string kNobody(SHA256_DIGEST_LENGTH, '\0');
  const std::string given = digestOf(password);
  const std::string& expected =
      user != nullptr && !user->password_digest.empty() ? user->password_digest : kNobody;
  const bool equal = CRYPTO_memcmp(given.data(), expected.data(), given.size()) == 0;
  return user != nullptr && (user->password_digest.empty() || equal);
}

}  // namespace forebay::redis
