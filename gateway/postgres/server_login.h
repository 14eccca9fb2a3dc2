// ServerLogin takes a Server from its database's hosts to ReadyForQuery: dials one host after another and
// authenticates.
//
// https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-START-UP. Ends in
// Server::loggedIn() or Server::loginFailed(), once. On the worker's thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "conf/config.h"
#include "gateway/net/buffer.h"
#include "gateway/net/loop.h"
#include "gateway/postgres/key_derivation.h"
#include "gateway/postgres/pool_directory.h"
#include "gateway/postgres/server.h"
#include "gateway/postgres/server_dialer.h"
#include "gateway/postgres/worker_pool.h"
#include "pgproto/messages.h"
#include "pgproto/scram.h"

namespace forebay::postgres {

class ServerLogin final : public net::Mortal {
 public:
  explicit ServerLogin(Server& server);
  ~ServerLogin() override;

  void start() { tryHost(sslMode()); }
  void onReadable();
  void timedOut();

 private:
  enum class Step : uint8_t {
    kDialling,
    kAuthenticating,
    kDeriving,  // the keys of our password are being made; the server waits
    kSettling,  // authenticated: parameters, the cancel key, ReadyForQuery
    kOver,
  };

  const conf::HostPort& host() const { return hosts_[host_index_]; }
  conf::SslMode sslMode() const;
  void tryHost(conf::SslMode mode);
  void connected(net::Socket socket);
  bool message(char type, Bytes body);
  bool authentication(Bytes body);
  bool startScram(const std::vector<Bytes>& mechanisms);
  bool continueScram(Bytes server_first);
  bool deriveKeys(Bytes server_first, pgproto::ScramChallenge challenge);
  bool proveKnowledge(Bytes server_first);
  bool accepted();
  bool refused(Bytes body);
  void send(Bytes bytes);
  // Each of these ends this attempt, and returns false so that the caller stops reading.
  bool unreachable(std::string reason, std::string response = {});
  bool tryNextHost(DialFailure failure);
  bool loginRefused(std::string reason, std::string response = {});
  bool succeed();
  bool inItsRole() const;
  void fail(const DialFailure& failure);

  Server& server_;
  Step step_ = Step::kDialling;
  std::vector<conf::HostPort> hosts_;  // in the order to try them
  size_t host_index_ = 0;
  std::unique_ptr<ServerDialer> dialer_;
  bool other_sslmode_tried_ = false;
  ServerCredentials credentials_;
  std::optional<pgproto::ScramClient> scram_;  // of this connection; none: the server has not asked for it
  std::unique_ptr<KeyDerivation> derivation_;
  net::Buffer in_;
  std::optional<DialFailure> first_failure_;
  Server::LoggedIn found_;
};

}  // namespace forebay::postgres
