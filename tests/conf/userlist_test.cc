#include "conf/userlist.h"

#include <gtest/gtest.h>

namespace forebay::conf {
namespace {

std::string errorIn(std::string_view text) {
  const Result<Userlist> users = parseUserlist(text, "users");
  return users ? "" : users.error();
}

TEST(UserlistFile, HasAUserAndASecretALine) {
  const Result<Userlist> users = parseUserlist(
      "; a comment\n"
      "# another\n"
      "\n"
      "\"ann\" \"pw\"\n"
      "  \"bob\"\t\"md545f2603610af569b6155c45067268c6b\" \"what follows\" is ignored\r\n"
      "\"car\"\"la\" \"a\"\"b\"\n"
      "\"nopassword\" \"\"",
      "users");
  ASSERT_TRUE(users.ok()) << users.error();
  EXPECT_EQ(users->size(), 4u);
  EXPECT_EQ(*users->find("ann"), "pw");
  EXPECT_EQ(*users->find("bob"), "md545f2603610af569b6155c45067268c6b");
  EXPECT_EQ(*users->find("car\"la"), "a\"b");
  EXPECT_EQ(*users->find("nopassword"), "");
  EXPECT_EQ(users->find("Ann"), nullptr);
}

TEST(UserlistFile, MayBeEmpty) {
  const Result<Userlist> users = parseUserlist("", "users");
  ASSERT_TRUE(users.ok());
  EXPECT_EQ(users->size(), 0u);
}

TEST(UserlistFile, IsToldEachWrongLineWithoutASecret) {
  EXPECT_EQ(errorIn("ann s3cret\n\"bob\"\n\"carl\" s3cret\n\"dora\" \"s3cret\n\"\" \"s3cret\"\n"),
            "users:1:1: a line must begin with a \"user\" in double quotes\n"
            "users:2:6: a \"password\" in double quotes must follow the user\n"
            "users:3:8: a \"password\" in double quotes must follow the user\n"
            "users:4:8: a \"password\" in double quotes must follow the user\n"
            "users:5:1: a line must begin with a \"user\" in double quotes");
}

TEST(UserlistFile, NamesEachUserOnce) {
  EXPECT_EQ(errorIn("\"ann\" \"a\"\n  \"ann\" \"b\"\n"), "users:2:3: user 'ann' is listed twice");
}

}  // namespace
}  // namespace forebay::conf
