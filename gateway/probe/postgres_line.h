// PostgresLine is one connection of the control thread's own to a PostgreSQL server, for a few short
// questions: never one of a pool, which may be full. Everything is asynchronous (libpq).
//
// One question at a time, each of one statement. After lost() or end() it is at rest, and may be started
// anew. https://www.postgresql.org/docs/current/libpq-async.html. Not to be destroyed in a callback. On the
// thread of its loop.
#pragma once

#include <libpq-fe.h>

#include <functional>
#include <memory>
#include <string>

#include "conf/network.h"
#include "gateway/net/loop.h"
#include "gateway/net/resolver.h"
#include "gateway/net/uv_handles.h"

namespace forebay::probe {

// As whom to ask. Any role that may connect will do.
struct Login {
  std::string user, password, dbname;  // the password is a secret: never shown, never logged
  conf::TlsSettings tls;               // with the sslmode that counts for this database
  bool operator==(const Login&) const = default;
};

class PostgresLine {
 public:
  struct Heard {
    std::function<void()> ready;                         // logged in, or all of the answer was there
    std::function<void(const PGresult& result)> result;  // of the question
    // `reached`: it is there, but full, or does not let us in.
    std::function<void(bool reached, std::string why)> lost;
  };

  PostgresLine(net::Loop& loop, net::Resolver& resolver, conf::HostPort host, Login login, Heard heard);
  ~PostgresLine() { end(); }
  PostgresLine(const PostgresLine&) = delete;
  PostgresLine& operator=(const PostgresLine&) = delete;

  void start();               // at rest
  void ask(const char* sql);  // when ready
  void end();
  // The server, or something in its place, has taken the connection.
  bool connected() const;
  // Where the host's name has led last: "10.0.3.7". Empty: nowhere yet, or to a Unix socket.
  const std::string& address() const { return address_; }

 private:
  enum class State : uint8_t {
    kResting,     // no connection
    kResolving,   // the name is looked up
    kConnecting,  // libpq connects and logs in
    kReady,       // connected, nothing asked
    kAsking,      // the answer is awaited
  };
  struct Finish {
    void operator()(PGconn* connection) const { PQfinish(connection); }
  };

  void connect(const net::SocketAddress* address);
  void goOn();
  void onEvent();
  void readResults();
  void watch(int events);
  void unwatch();
  void failed(const char* message);
  void lost(bool reached, std::string why);

  net::Loop& loop_;
  net::Resolver& resolver_;
  const conf::HostPort host_;
  const Login login_;
  const Heard heard_;
  State state_ = State::kResting;
  net::Resolver::Ticket ticket_;
  std::string address_;
  std::unique_ptr<PGconn, Finish> connection_;
  // A duplicate of libpq's socket is watched: libpq may close its own before the loop has let go of it, and
  // by then the number may be another thread's.
  int watched_ = -1;
  net::HandlePtr<uv_poll_t> poll_;
};

// What a server said, or libpq did: its first line, without libpq's words in front.
std::string firstLineOf(const char* message);

}  // namespace forebay::probe
