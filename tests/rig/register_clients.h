// RegisterClients are applications that write and read through a gateway, each a register of its own, and
// note what they are told (tests/rig/history.h). One that loses its connection logs in again at once.
//
//   RegisterClients::prepare(primary, 20);
//   RegisterClients clients(forebay.conninfo("app"), 20, seed);
//   clients.awaitProgress();
//   clients.disturb([&] { primary.stop(Stop::kKill); });
//   ...
//   const History history = clients.stop();
//   EXPECT_THAT(violationsOf(history, RegisterClients::journalOf(new_primary)), IsEmpty());
//
// A client writes as applications do: half of the writes are single statements, by the simple or the extended
// protocol, half are transactions of three. A write only takes effect over a smaller value, so one of which
// nobody knew, and which comes late, undoes nothing.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/rig/history.h"
#include "tests/rig/postgres_server.h"

namespace forebay::rig {

class RegisterClients {
 public:
  struct Route {
    std::string conninfo;
    Reads reads = Reads::kNewest;
  };

  // Makes the tables; once, before there are clients.
  static void prepare(PostgresServer& primary, int count);
  static void prepare(const std::string& conninfo, int count);
  static void clear(PostgresServer& primary);  // as if nobody had written yet
  static Journal journalOf(PostgresServer& primary);
  static Journal journalOf(const std::string& conninfo);

  // `routes`: they take them by turns. `seed`: what they write how. `rest`: between two operations; clients
  // that never rest would only measure the machine. They start at once.
  RegisterClients(std::vector<Route> routes, int count, uint32_t seed, milliseconds rest = milliseconds(2));
  RegisterClients(const std::string& conninfo, int count, uint32_t seed, milliseconds rest = milliseconds(2))
      : RegisterClients(std::vector<Route>{{conninfo}}, count, seed, rest) {}
  ~RegisterClients();

  // Returns when each client has had so many writes acknowledged that it began after the call, or has failed
  // with later ones; throws when that takes longer than `limit`.
  void awaitProgress(int writes = 5, milliseconds limit = kPatience);
  // Runs `fault`, and notes that what is under way meanwhile, or begins within a moment, may be lost, or may
  // be answered by a server with one of these SQLSTATEs.
  void disturb(const std::function<void()>& fault, std::set<std::string> answers = {});
  // Ends them, and gives what they have noted. Throws when one could not go on.
  History stop();

 private:
  class Client;
  const Route& routeOf(size_t client) const { return routes_[client % routes_.size()]; }

  const std::vector<Route> routes_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::vector<Disturbance> disturbances_;
};

}  // namespace forebay::rig
