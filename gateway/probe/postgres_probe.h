// PostgresProbe asks one PostgreSQL server who it is, over a connection of its own that it keeps: never one
// of a pool, which may be full. Everything is asynchronous (libpq); a question that is not answered in time
// is reported, and its answer still counts when it comes.
//
// https://www.postgresql.org/docs/current/libpq-async.html. On the thread of its loop.
#pragma once

#include <libpq-fe.h>

#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "conf/network.h"
#include "failover/facts.h"
#include "gateway/net/loop.h"
#include "gateway/net/resolver.h"
#include "gateway/net/tick.h"
#include "gateway/net/uv_handles.h"

namespace forebay::probe {

// As whom to ask. Any role that may connect will do.
struct Login {
  std::string user, password, dbname;  // the password is a secret: never shown, never logged
  conf::TlsSettings tls;               // with the sslmode that counts for this database
  bool operator==(const Login&) const = default;
};

class PostgresProbe final : public net::Mortal {
 public:
  struct Heard {
    std::function<void(const failover::Facts&, Instant asked)> answered;
    // `reached`: it is there, but too slow, full, or does not let us in.
    std::function<void(bool reached, std::string why)> failed;
    std::function<void()> lost;  // a connection that was at rest has ended: what follows tells why
  };

  PostgresProbe(net::Loop& loop, net::Resolver& resolver, conf::HostPort host, Login login, Duration timeout,
                Heard heard);
  ~PostgresProbe() override { drop(); }

  // Asks now, unless a question is under way.
  void ask();
  bool asking() const { return state_ != State::kResting && state_ != State::kReady; }
  void setTimeout(Duration timeout) { timeout_ = timeout; }

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

  void resolve();
  void connect(const net::SocketAddress* address);
  void goOn();
  void sendQuestion();
  void readAnswer();
  void onEvent();
  void watch(int events);
  void unwatch();
  void overdue();
  void drop();
  void connectionLost(const std::string& why);
  void failed(bool reached, std::string why);

  net::Loop& loop_;
  net::Resolver& resolver_;
  const conf::HostPort host_;
  const Login login_;
  Duration timeout_;
  const Heard heard_;
  State state_ = State::kResting;
  net::Resolver::Ticket ticket_;
  std::unique_ptr<PGconn, Finish> connection_;
  // A duplicate of libpq's socket is watched: libpq may close its own before the loop has let go of it, and
  // by then the number may be another thread's.
  int watched_ = -1;
  net::HandlePtr<uv_poll_t> poll_;
  net::Tick overdue_;
  Instant asked_{};
  int late_ = 0;          // timeouts of this question
  bool retried_ = false;  // a lost connection is made anew once before it counts
};

}  // namespace forebay::probe
