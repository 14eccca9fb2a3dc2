// Whom CLIENT LIST shows and CLIENT KILL closes, from their arguments.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace forebay::redis {

class Client;

class ClientFilter {
 public:
  static Result<ClientFilter> ofList(const std::vector<Bytes>& args);
  static Result<ClientFilter> ofKill(const std::vector<Bytes>& args);

  bool matches(const Client& client) const;
  bool meansOnly(const Client& self) const;  // of CLIENT KILL: it closes this client, if anyone
  bool skipsSelf() const { return skip_self_; }
  const std::string& user() const { return user_; }
  bool oldForm() const { return old_form_; }  // CLIENT KILL address

 private:
  enum class Type : uint8_t { kNormal, kPubsub, kOther };
  Status take(Bytes option, Bytes value);

  std::vector<uint64_t> ids_;
  std::optional<Type> type_;
  std::string address_, local_address_, user_;
  std::optional<uint64_t> max_age_;
  bool skip_self_ = true, old_form_ = false;
};

}  // namespace forebay::redis
