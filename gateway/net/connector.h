// Connector opens plain TCP or Unix connections to one host: it resolves the name and tries the addresses in
// order, until one gives a connection that suits its owner.
//
// `done` gets a socket that is connected and on which nothing was said yet; set its user. When it turns out
// to be no good, the owner closes it and goes on with tryNext() or tryAgain(). Where nothing is left, `done`
// gets the first reason met and is called no more. A failure may come before start(), tryNext() or tryAgain()
// returns, a connection never does. There is no deadline; destroying the Connector gives up, but not inside
// `done`. On the loop's thread.
#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "conf/config.h"
#include "gateway/net/loop.h"
#include "gateway/net/resolver.h"
#include "gateway/net/socket.h"

namespace forebay::net {

class Connector final : public SocketUser {
 public:
  using Done = std::function<void(Result<Socket>)>;

  Connector(Loop& loop, Resolver& resolver, conf::HostPort host, const conf::TcpSettings& tcp, Done done)
      : loop_(loop), resolver_(resolver), host_(std::move(host)), tcp_(tcp), done_(std::move(done)) {}

  void start();
  // To this address of the host, and no other.
  void start(const SocketAddress& address);
  // The connection is no good because of `reason`: the next address.
  void tryNext(std::string reason);
  // Another connection to the same address.
  void tryAgain() { tryAddresses(); }

  void onReadable() override {}
  void onWritable() override;

 private:
  void resolved(Result<Resolver::Addresses> addresses);
  void tryAddresses();
  Status open(const SocketAddress& address);
  void failed(std::string reason);

  Loop& loop_;
  Resolver& resolver_;
  const conf::HostPort host_;
  const conf::TcpSettings tcp_;
  const Done done_;
  Resolver::Ticket ticket_;
  Resolver::Addresses addresses_;
  size_t index_ = 0;  // of the address that is tried, or was given last
  std::string first_reason_;
  Socket socket_;
};

}  // namespace forebay::net
