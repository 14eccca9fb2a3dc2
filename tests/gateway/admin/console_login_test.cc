#include "gateway/admin/console_login.h"

#include <gtest/gtest.h>

#include "tests/gateway/admin/wire.h"

namespace forebay::admin {
namespace {

TEST(ConsoleRefusal, NamesTheExtendedProtocol) {
  const WireAnswer answer = readAnswer(consoleRefusal('P'));
  EXPECT_EQ(answer.types, "E");
  EXPECT_EQ(answer.severity, "FATAL");
  EXPECT_EQ(answer.message, "extended query protocol not supported by admin console");
  EXPECT_EQ(readAnswer(consoleRefusal('F')).message, "unsupported packet type for admin console: 70");
}

TEST(ConsoleLogin, TellsAVersionAndAnEncoding) {
  std::string names;
  Bytes wire;
  const std::string parameters = consoleParameters();
  wire = parameters;
  for (pgproto::Frame frame; pgproto::scanFrame(wire, 1024, frame) == pgproto::Scan::kFrame;) {
    wire.remove_prefix(frame.whole.size());
    pgproto::NamedValue parameter;
    ASSERT_TRUE(pgproto::parseParameterStatus(frame.body, parameter));
    names += std::string(parameter.name) + " ";
  }
  EXPECT_EQ(names,
            "server_version client_encoding server_encoding DateStyle TimeZone standard_conforming_strings "
            "is_superuser ");
}

TEST(ConsoleLogin, ListensToTwoNames) {
  EXPECT_TRUE(isConsoleDatabase("pgbouncer"));
  EXPECT_TRUE(isConsoleDatabase("forebay"));
  EXPECT_FALSE(isConsoleDatabase("orders"));
}

}  // namespace
}  // namespace forebay::admin
