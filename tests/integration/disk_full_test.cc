// A primary whose disk is full: its clients get PostgreSQL's own errors, nobody is told of a commit that is
// not there, and when there is room again all goes on, whether the server has lived through it or not.
#include <gtest/gtest.h>

#include <cstdio>

#include "tests/rig/connection.h"
#include "tests/rig/eventually.h"
#include "tests/rig/forebay.h"
#include "tests/rig/register_clients.h"
#include "tests/rig/skip.h"

namespace forebay::rig {
namespace {

constexpr int kClients = 20;
constexpr uint32_t kSeed = 20261124;
constexpr const char* kDiskFull = "53100";

class DiskFull : public testing::Test {
 protected:
  DiskFull() { RegisterClients::prepare(primary, kClients); }

  ForebayConfig config() const {
    ForebayConfig config;
    config.addDatabase("app", primary)["user"] = "postgres";
    config.postgres["default_pool_size"] = 8;
    config.postgres["server_login_retry"] = "200ms";
    return config;
  }

  // Clients write all the while.
  template <typename Fault>
  void expectNothingLostBy(Fault fault) {
    const Forebay forebay(config());
    RegisterClients clients(forebay.conninfo("app"), kClients, kSeed);
    clients.awaitProgress();
    clients.disturb(
        [&] {
          fault();
          std::this_thread::sleep_for(milliseconds(300));  // for as many as find the disk full
          makeRoom();
        },
        {kDiskFull});
    clients.awaitProgress();
    const History history = clients.stop();
    std::printf("%s\n", history.summary().c_str());
    EXPECT_EQ(violationsOf(history, RegisterClients::journalOf(primary)), std::vector<std::string>{});
    EXPECT_EQ(history.errorsNotInFlight(), std::vector<std::string>{});
  }
  bool says(const std::string& what) const { return primary.log().find(what) != std::string::npos; }
  // What watches over a server starts it when it has not come through: its recovery needs room, too.
  void makeRoom() {
    primary.disk().free();
    ASSERT_TRUE(eventually([&] {
      if (!primary.running()) primary.start();
      return Connection::tryConnect(primary.conninfo()).empty();
    }));
  }

  PostgresServer primary{{.small_disk = true}};
};

TEST_F(DiskFull, ClientsAreToldWhatPostgresSaysAndStay) {
  const Forebay forebay(config());
  Connection client(forebay.conninfo("app"));
  client.run("create table filler (text text)");
  primary.disk().fill();
  EXPECT_EQ(client.exec("insert into filler values ('x')").sqlstate(), kDiskFull);
  EXPECT_EQ(client.query("select count(*) from filler"), "0");
  primary.disk().free();
  client.run("insert into filler values ('x')");
  EXPECT_EQ(client.query("select count(*) from filler"), "1");
}

TEST_F(DiskFull, NobodyIsToldOfACommitThatIsNotThere) {
  expectNothingLostBy([&] {
    EXPECT_TRUE(eventually([&] {
      primary.disk().fill();
      return says("No space left on device");
    }));
  });
}

// Without room for its WAL PostgreSQL panics, and cannot even recover.
TEST_F(DiskFull, NobodyIsToldOfACommitThatIsNotThereWhenTheServerPanics) {
  expectNothingLostBy([&] {
    primary.disk().fill();
    EXPECT_TRUE(eventually([&] {
      try {
        primary.run("select pg_logical_emit_message(false, '', ''), pg_switch_wal()");
      } catch (const RigError&) {  // it goes down with the server
      }
      return says("PANIC");
    }));
  });
}

}  // namespace
}  // namespace forebay::rig

int main(int count, char** arguments) {
  const std::string& why = forebay::rig::SmallDisk::whyNot();
  return forebay::rig::runTestsUnless(why.empty() ? "" : "no disk can be filled here: " + why, count,
                                      arguments);
}
