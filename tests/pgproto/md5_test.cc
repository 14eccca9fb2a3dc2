#include <gtest/gtest.h>

#include <string>

#include "pgproto/password.h"
#include "pgproto/scram_secret.h"

namespace forebay::pgproto {
namespace {

const std::string kSalt("\x01\x02\x03\x04", 4);
const std::string kStored = "md54a0a68b43b6cd5cf266fa02f196e2371";
const std::string kResponse = "md598a0412b9c31436fc53776e863350083";

TEST(Md5, HashesThePasswordWithTheUser) { EXPECT_EQ(md5Secret("alice", "secret"), kStored); }

TEST(Md5, AnswersFromThePasswordAndFromItsStoredForm) {
  EXPECT_EQ(md5Response("alice", "secret", kSalt), kResponse);
  EXPECT_EQ(md5Response("alice", kStored, kSalt), kResponse);
  EXPECT_NE(md5Response("alice", "secret", std::string(4, '\0')), kResponse);
  EXPECT_NE(md5Response("bob", "secret", kSalt), kResponse);
}

TEST(Md5, VerifiesAResponse) {
  EXPECT_TRUE(verifyMd5Response("alice", "secret", kSalt, kResponse));
  EXPECT_TRUE(verifyMd5Response("alice", kStored, kSalt, kResponse));
  for (size_t n = 0; n < kResponse.size(); ++n)
    EXPECT_FALSE(verifyMd5Response("alice", "secret", kSalt, kResponse.substr(0, n)))
        << "with " << n << " bytes";
  EXPECT_FALSE(verifyMd5Response("alice", "secret", kSalt, kResponse + "0"));
  EXPECT_FALSE(verifyMd5Response("alice", "", kSalt, md5Response("alice", "", kSalt)));
}

TEST(Md5, TheTextOfAScramSecretIsNoPassword) {
  const std::string scram = formatScramSecret(makeScramSecret("secret", "salt", 1));
  EXPECT_FALSE(verifyMd5Response("alice", scram, kSalt, md5Response("alice", scram, kSalt)));
}

TEST(PasswordMatches, ComparesWithEachKindOfSecret) {
  const std::string scram = formatScramSecret(makeScramSecret("secret", "salt", 10));
  for (const std::string& stored : {std::string("secret"), kStored, scram}) {
    EXPECT_TRUE(passwordMatches("alice", "secret", stored)) << stored;
    for (const std::string& wrong :
         {std::string("Secret"), std::string("secret "), std::string("secre"), std::string()})
      EXPECT_FALSE(passwordMatches("alice", wrong, stored)) << stored;
  }
  EXPECT_FALSE(passwordMatches("bob", "secret", kStored)) << "md5 hashes the user too";
}

TEST(PasswordMatches, KnowingAStoredHashIsNotKnowingThePassword) {
  const std::string scram = formatScramSecret(makeScramSecret("secret", "salt", 10));
  EXPECT_FALSE(passwordMatches("alice", kStored, kStored));
  EXPECT_FALSE(passwordMatches("alice", scram, scram));
}

TEST(PasswordMatches, NothingMatchesAnEmptySecret) {
  EXPECT_FALSE(passwordMatches("alice", "", ""));
  EXPECT_FALSE(passwordMatches("alice", "x", ""));
  EXPECT_FALSE(passwordMatches("alice", "", md5Secret("alice", "")));
}

TEST(SecretKind, IsPlainUnlessEveryByteFits) {
  EXPECT_EQ(secretKind(kStored), SecretKind::kMd5);
  EXPECT_EQ(secretKind(kStored + "0"), SecretKind::kPlain);
  EXPECT_EQ(secretKind(kStored.substr(0, 34)), SecretKind::kPlain);
  EXPECT_EQ(secretKind("md5" + std::string(32, 'F')), SecretKind::kPlain)
      << "PostgreSQL writes small letters";
  EXPECT_EQ(secretKind("SCRAM-SHA-256$"), SecretKind::kPlain);
  EXPECT_EQ(secretKind(formatScramSecret(makeScramSecret("x", "salt", 1))), SecretKind::kScramSha256);
}

TEST(EqualConstantTime, ComparesAllBytes) {
  EXPECT_TRUE(equalConstantTime("", ""));
  EXPECT_TRUE(equalConstantTime(Bytes("a\0b", 3), Bytes("a\0b", 3)));
  EXPECT_FALSE(equalConstantTime(Bytes("a\0b", 3), Bytes("a\0c", 3)));
  EXPECT_FALSE(equalConstantTime("abc", "abcd"));
  EXPECT_FALSE(equalConstantTime("xbc", "abc"));
}

}  // namespace
}  // namespace forebay::pgproto
