// Who may come in, and what the others are told.
#include <gtest/gtest.h>

#include "tests/rig/connection.h"
#include "tests/rig/forebay.h"
#include "tests/rig/raw_client.h"

namespace forebay::rig {
namespace {

ForebayConfig askingForPasswords(const std::string& auth_type) {
  ForebayConfig config;
  config.addDatabase("app", sharedPostgres())["user"] = "postgres";
  config.postgres["auth_type"] = auth_type;
  config.userlist = "\"ann\" \"open sesame\"\n";
  return config;
}

TEST(Login, NeedsNoPasswordWhereEveryoneIsTrusted) {
  ForebayConfig config;
  config.addDatabase("app", sharedPostgres());
  const Forebay forebay(config);
  Connection client(forebay.conninfo("app"));
  EXPECT_EQ(client.query("select current_user"), "postgres");
}

TEST(Login, AsksForThePasswordInTheConfiguredWay) {
  for (const char* auth_type : {"plain", "md5", "scram-sha-256"}) {
    const Forebay forebay(askingForPasswords(auth_type));
    const std::string conninfo = forebay.conninfo("app", "ann");
    EXPECT_EQ(Connection(conninfo + " password='open sesame'").query("select 1"), "1") << auth_type;
    EXPECT_NE(Connection::tryConnect(conninfo + " password=guess"), "") << auth_type;
    EXPECT_NE(Connection::tryConnect(conninfo), "") << auth_type;
  }
}

TEST(Login, TellsAWrongPasswordAndAnUnknownUserApartToNobody) {
  const Forebay forebay(askingForPasswords("md5"));
  const auto refusal = [&](const std::string& user) {
    RawClient client(forebay.port());
    client.send(wire::startup({{"user", user}, {"database", "app"}}));
    const std::optional<Message> request = client.read();
    EXPECT_TRUE(request && request->type == 'R') << user;
    client.send(wire::md5Password(user, "guess", request->body.substr(4)));
    const std::vector<Message> last = client.readToEnd();
    EXPECT_EQ(types(last), "E") << user;
    return last.at(0).field('C') + " " + last.at(0).field('M');
  };
  const std::string wrong_password = refusal("ann");
  EXPECT_TRUE(wrong_password.starts_with("28P01 ")) << wrong_password;
  std::string unknown_user = refusal("eve");
  if (const size_t name = unknown_user.find("eve"); name != std::string::npos)
    unknown_user.replace(name, 3, "ann");
  EXPECT_EQ(unknown_user, wrong_password);
}

TEST(Login, NamesTheDatabaseThatIsNotThere) {
  ForebayConfig config;
  config.addDatabase("app", sharedPostgres());
  const Forebay forebay(config);
  RawClient client(forebay.port());
  client.send(wire::startup({{"user", "postgres"}, {"database", "nowhere"}}));
  const std::vector<Message> answer = client.readToEnd();
  ASSERT_EQ(types(answer).back(), 'E');
  EXPECT_EQ(answer.back().field('C'), "3D000");
  EXPECT_NE(answer.back().field('M').find("nowhere"), std::string::npos) << answer.back().field('M');
}

TEST(Login, WorksOverAUnixSocket) {
  ForebayConfig config;
  config.addDatabase("app", sharedPostgres());
  config.unix_socket = true;
  const Forebay forebay(config);
  EXPECT_EQ(Connection(forebay.unixConninfo("app")).query("select 1"), "1");
}

TEST(Login, IsWhatPsqlExpects) {
  ForebayConfig config;
  config.addDatabase("app", sharedPostgres());
  const Forebay forebay(config);
  EXPECT_EQ(runOrFail({.argv = {"psql", "-XAt", "-c", "select 6 * 7", forebay.conninfo("app")}}), "42\n");
}

}  // namespace
}  // namespace forebay::rig
