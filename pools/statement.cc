#include "pools/statement.h"

#include <openssl/evp.h>

#include <cassert>

namespace forebay::pools {

StatementKey statementKey(Bytes sql, Bytes parameter_types) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  char types_size[4];
  storeBe32(types_size,
            static_cast<uint32_t>(parameter_types.size()));  // so that text and types cannot run together
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  EVP_DigestInit_ex(context, EVP_sha256(), nullptr);
  EVP_DigestUpdate(context, types_size, sizeof types_size);
  EVP_DigestUpdate(context, parameter_types.data(), parameter_types.size());
  EVP_DigestUpdate(context, sql.data(), sql.size());
  EVP_DigestFinal_ex(context, digest, &size);
  EVP_MD_CTX_free(context);
  StatementKey key;
  std::memcpy(key.data(), digest, key.size());
  return key;
}

std::string serverName(const StatementKey& key) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string name = "fb_";
  for (const uint8_t byte : key) {
    name += kHex[byte >> 4];
    name += kHex[byte & 15];
  }
  return name;
}

StatementRegistry::~StatementRegistry() { assert(statements_.empty()); }

Statement& StatementRegistry::find(Bytes sql, Bytes parameter_types) {
  const StatementKey key = statementKey(sql, parameter_types);
  const auto [at, is_new] = statements_.try_emplace(key);
  Statement& statement = at->second;
  if (is_new) {
    statement.key = key;
    statement.name = serverName(key);
    statement.sql = sql;
    statement.parameter_types = parameter_types;
    statement.registry = this;
    bytes_ += sql.size() + parameter_types.size() + sizeof(Statement);
  }
  return statement;
}

void StatementRegistry::forget(Statement& statement) {
  bytes_ -= statement.sql.size() + statement.parameter_types.size() + sizeof(Statement);
  const StatementKey key = statement.key;
  statements_.erase(key);
}

}  // namespace forebay::pools
