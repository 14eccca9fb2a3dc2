// ClientLogin takes a client from accept to ReadyForQuery: SSLRequest and TLS, the StartupMessage,
// authentication.
//
// Everything before the login's end is bounded: in size here, in time by client_login_timeout. An unknown
// user and a wrong password look alike.
//
// A user must be known whatever the method, trust, cert and peer included: in auth_file, or else to
// auth_query, whose secret then serves the login to the server. Without auth_query an empty auth_file means
// that trust lets in everybody, and cert and peer do so in any case.
// https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-START-UP Lives inside its Client,
// on the worker's thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "conf/config.h"
#include "gateway/net/buffer.h"
#include "gateway/net/loop.h"
#include "gateway/postgres/client.h"
#include "gateway/postgres/key_queue.h"
#include "gateway/postgres/pool_directory.h"
#include "pgproto/scram.h"
#include "pgproto/startup.h"

namespace forebay::postgres {

class ClientLogin final : public net::Mortal {
 public:
  explicit ClientLogin(Client& client) : client_(client) {}
  ~ClientLogin() override;

  void onReadable();
  void onWritable();
  // The pool has a server now, so what such servers report is known.
  void welcomed();
  // The client is gone. What was asked for elsewhere finds nobody any more.
  void closed();
  bool sendsCancel() const { return sends_cancel_; }

 private:
  enum class Step : uint8_t {
    kFirstByte,  // 0x16 begins a TLS handshake, anything else a packet
    kPacket,     // untyped packets, up to the StartupMessage
    kHandshake,  // TLS
    kPassword,   // a PasswordMessage is due
    kSaslFirst,  // a SASLInitialResponse is due
    kSaslFinal,  // a SASLResponse is due
    kElsewhere,  // auth_query, keys, a server, or a CancelRequest on its way
    kOver,
  };

  // A SASL message is the longest thing that a client sends before it has logged in.
  static constexpr uint32_t kMaxLoginMessage = 10000;

  // client_login.cc: packets and the greeting
  void receive();
  bool packet();
  bool sslRequest();
  bool nothingBehind(std::string_view request);
  void startTls(bool direct);
  void handshake();
  bool cancelRequest(const pgproto::StartupPacket& packet);
  bool startup(const pgproto::StartupPacket& packet);
  bool takeParameters(const pgproto::StartupPacket& packet);
  bool takeOptions(Bytes options);
  void enterConsole();
  void enterPool();
  void finish();
  void send(Bytes bytes);
  bool reject(std::string_view counted_as, std::string_view sqlstate, std::string message,
              std::string detail = {}, std::string hint = {});

  // client_authentication.cc
  bool authenticate();
  conf::HbaMethod chooseMethod();
  std::string comingFrom() const;
  void secretFound(std::optional<std::string> secret);
  // Is there a secret that somebody can prove to know? An empty one says that the user may not come by
  // password.
  bool provable() const { return secret_ && !secret_->empty(); }
  bool hasScramSecret() const;
  std::string mockSecret() const;
  bool askForPassword();
  bool startScram();
  bool passwordMessage(Bytes body);
  bool saslFirst(Bytes body);
  bool saslFinal(Bytes body);
  void deriveSecret(std::string client_final);
  bool refuseProof(std::string why);
  bool asksDatabase() const;
  // False: the client has been told.
  bool certificateFits();
  bool peerFits();
  bool mayComeWithoutSecret() const;
  bool authenticated();
  bool authenticationFailed(std::string_view why);
  bool message();
  bool mayUseConsole() const;
  bool isConsole() const { return conf::isConsoleDatabase(database_); }

  Client& client_;
  Step step_ = Step::kFirstByte;
  net::Buffer in_;
  bool ssl_answered_ = false, gss_answered_ = false, direct_tls_ = false, sends_cancel_ = false;
  uint32_t protocol_ = 0;
  std::string database_, user_;
  std::string replication_;  // kLogicalReplication, "true" for physical, or empty
  std::vector<pools::Parameter> parameters_;
  const conf::Database* config_database_ = nullptr;
  conf::ConfigPtr config_;  // keeps config_database_ alive
  conf::HbaMethod method_ = conf::HbaMethod::kReject;
  std::string ident_map_;
  std::optional<std::string> secret_;
  std::string typed_password_;
  std::string salt_;
  bool unknown_user_ = false;
  std::optional<pgproto::ScramServer> scram_;
  pgproto::ScramChallenge shown_;  // to whoever has no SCRAM secret: the salt and iterations of a mock
  bool underived_ = false;         // the keys of the plain secret are not made yet
  std::optional<KeyQueue::Place> derivation_;
  std::string greeting_;
  WorkerPool* pool_ = nullptr;
};

}  // namespace forebay::postgres
