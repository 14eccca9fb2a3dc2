// RedisLine is one connection of the control thread's own to a Redis or a Sentinel, for a few short
// questions.
//
// It logs in by itself, and speaks RESP2. Values are whole and come in order, replies and messages alike; one
// of more than 1 MiB ends it, as does a question that is not answered in time. Nothing is called any more
// after lost(), nor after end(). Who owns it does not destroy it in a callback, but ends and buries it:
// dismiss() does both. On its loop's thread.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/deadlines.h"
#include "gateway/net/dialer.h"
#include "gateway/net/loop.h"
#include "gateway/net/resolver.h"
#include "gateway/net/socket.h"
#include "redisproto/reply.h"

namespace forebay::probe {

// Where to, and as whom.
struct RedisDoor {
  net::Dialer::Target target;
  std::string user, password;  // the password is a secret; empty: no login
};

class RedisLine final : public net::Mortal, public net::SocketUser, public Deadline {
 public:
  struct Heard {
    std::function<void(Bytes value)> value;
    std::function<void(const std::string& why)> lost;
  };

  RedisLine(net::Loop& loop, net::Resolver& resolver, RedisDoor door, Duration timeout, Heard heard);
  ~RedisLine() override { end(); }

  void start();  // may call lost() before it returns
  // At any time, also before it is connected. `replies`: how many come for it; 0: none is waited for.
  void say(Bytes wire, size_t replies);
  void end();
  Instant heardAt() const { return heard_at_; }  // when something came last, or it was started

  void onReadable() override;
  void onWritable() override { flush(); }

 protected:
  void due(Instant now) override;

 private:
  void dialled(Result<net::Socket> result);
  void flush();
  void take(Bytes in);
  void taken(Bytes value);
  void lost(const std::string& why);

  static constexpr size_t kMaxValue = size_t{1} << 20;

  net::Loop& loop_;
  net::Resolver& resolver_;
  const RedisDoor door_;
  const Duration timeout_;
  const Heard heard_;
  std::unique_ptr<net::Dialer> dialer_;
  net::Socket socket_;
  redisproto::ReplyScanner scanner_;
  std::string unsent_, partial_;
  size_t owed_ = 0;  // replies
  bool connected_ = false, logs_in_ = false, ended_ = false;
  Instant heard_at_{};
};

void dismiss(net::Loop& loop, std::unique_ptr<RedisLine>& line);

}  // namespace forebay::probe
