#include "pgproto/scram.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace forebay::pgproto {
namespace {

constexpr uint32_t kIterations = 10;  // enough to be right, few enough to run every truncation
const std::string kEndPoint(32, '\x5a');
const std::string kNoTls;

ScramSecret secretOf(Bytes password) { return makeScramSecret(password, "0123456789abcdef", kIterations); }

ScramServer serverFor(Bytes password, const std::string& end_point = kNoTls) {
  return {secretOf(password), "server-nonce", end_point};
}

ScramClient clientWith(std::string password) { return {std::move(password), "client-nonce"}; }

// What the server's user sees of a whole exchange, with each side believing what it does about the
// connection.
struct Outcome {
  bool proven = false;    // the server accepts the client
  bool verified = false;  // and the client the server
  ScramClientKeys keys;
};

Outcome login(ScramClient client, ScramServer server, const std::string& client_end_point = kNoTls,
              bool offers_plus = false) {
  Outcome outcome;
  const std::string client_first = client.first(client_end_point, offers_plus);
  const auto server_first = server.first(client.mechanism(), client_first);
  if (!server_first) return outcome;
  const auto client_final = client.final(*server_first);
  if (!client_final) return outcome;
  const auto server_final = server.final(*client_final);
  outcome.proven = server_final.ok();
  if (!outcome.proven) return outcome;
  outcome.verified = client.verify(*server_final).ok() && client.verified();
  outcome.keys = server.keys();
  return outcome;
}

// RFC 7677, section 3.
constexpr Bytes kRfcClientFirst = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO";
constexpr Bytes kRfcServerNonce = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
constexpr Bytes kRfcSalt = "\x5b\x6d\x99\x68\x9d\x12\x35\x8e\xec\xa0\x4b\x14\x12\x36\xfa\x81";
constexpr Bytes kRfcServerFirst =
    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
constexpr Bytes kRfcClientFinal =
    "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
    "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
constexpr Bytes kRfcServerFinal = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

TEST(ScramServer, SpeaksTheExchangeOfTheRfc) {
  ScramServer server(makeScramSecret("pencil", kRfcSalt, 4096), std::string(kRfcServerNonce), kNoTls);
  const auto server_first = server.first(kScramSha256, kRfcClientFirst);
  ASSERT_TRUE(server_first) << server_first.error();
  EXPECT_EQ(*server_first, kRfcServerFirst);
  const auto server_final = server.final(kRfcClientFinal);
  ASSERT_TRUE(server_final) << server_final.error();
  EXPECT_EQ(*server_final, kRfcServerFinal);
}

TEST(Scram, LogsInWithTheRightPasswordOnly) {
  const Outcome right = login(clientWith("pencil"), serverFor("pencil"));
  EXPECT_TRUE(right.proven);
  EXPECT_TRUE(right.verified);
  for (const char* wrong : {"", "pencil ", "Pencil", "penci", "another password that is longer"})
    EXPECT_FALSE(login(clientWith(wrong), serverFor("pencil")).proven) << wrong;
}

TEST(Scram, PassesALoginThroughByTheKeysItProved) {
  const Outcome outer = login(clientWith("pencil"), serverFor("pencil"));
  ASSERT_TRUE(outer.proven);
  // The server behind us holds the same secret; we never saw the password.
  EXPECT_TRUE(login({outer.keys, "our-nonce"}, serverFor("pencil")).verified);
  EXPECT_TRUE(login({outer.keys, "our-nonce"}, serverFor("pencil", kEndPoint), kEndPoint, true).verified);
}

TEST(Scram, KeysOfAnotherSecretDoNotPassThrough) {
  const Outcome outer = login(clientWith("pencil"), serverFor("pencil"));
  EXPECT_FALSE(login({outer.keys, "our-nonce"}, serverFor("crayon")).proven);
  ScramServer salted_anew(makeScramSecret("pencil", "another salt", kIterations), "server-nonce", kNoTls);
  EXPECT_FALSE(login({outer.keys, "our-nonce"}, std::move(salted_anew)).proven);
}

TEST(Scram, BindsToTheChannelWhenBothSidesCan) {
  ScramClient client = clientWith("pencil");
  EXPECT_TRUE(client.first(kEndPoint, true).starts_with("p=tls-server-end-point,,"));
  EXPECT_EQ(client.mechanism(), kScramSha256Plus);
  EXPECT_TRUE(login(clientWith("pencil"), serverFor("pencil", kEndPoint), kEndPoint, true).verified);
  EXPECT_FALSE(login(clientWith("wrong"), serverFor("pencil", kEndPoint), kEndPoint, true).proven);
}

TEST(Scram, RefusesAChannelThatEndsAtSomebodyElse) {
  const std::string other_certificate(32, '\x11');
  EXPECT_FALSE(login(clientWith("pencil"), serverFor("pencil", kEndPoint), other_certificate, true).proven);
}

TEST(Scram, NoticesThatTheOfferOfPlusWasCutOut) {
  EXPECT_FALSE(login(clientWith("pencil"), serverFor("pencil", kEndPoint), kEndPoint, false).proven);
}

TEST(Scram, LogsInOverTlsWithAServerThatHasNoPlus) {
  ScramClient client = clientWith("pencil");
  EXPECT_TRUE(client.first(kEndPoint, false).starts_with("y,,"));
  EXPECT_EQ(client.mechanism(), kScramSha256);
  EXPECT_TRUE(login(clientWith("pencil"), serverFor("pencil"), kEndPoint, false).verified);
}

TEST(Scram, LetsAClientOverTlsGoWithoutPlus) {
  ScramServer server = serverFor("pencil", kEndPoint);
  EXPECT_TRUE(server.first(kScramSha256, "n,,n=,r=abc"));
}

TEST(ScramServer, ChecksTheGs2Header) {
  struct Case {
    Bytes mechanism, message;
    bool tls;
    bool good;
  };
  const Case cases[] = {
      {kScramSha256, "n,,n=,r=abc", false, true},
      {kScramSha256, "y,,n=,r=abc", false, true},
      {kScramSha256, "n,,n=,r=abc", true, true},
      {kScramSha256, "y,,n=,r=abc", true, false},  // we did offer it
      {kScramSha256Plus, "p=tls-server-end-point,,n=,r=abc", true, true},
      {kScramSha256Plus, "p=tls-server-end-point,,n=,r=abc", false, false},  // there is no channel
      {kScramSha256, "p=tls-server-end-point,,n=,r=abc", true, false},
      {kScramSha256Plus, "p=tls-unique,,n=,r=abc", true, false},
      {kScramSha256Plus, "p=tls-exporter,,n=,r=abc", true, false},
      {kScramSha256Plus, "p=,,n=,r=abc", true, false},
      {kScramSha256Plus, "p,,n=,r=abc", true, false},
      {kScramSha256Plus, "n,,n=,r=abc", true, false},
      {kScramSha256Plus, "y,,n=,r=abc", true, false},
      {kScramSha256, "n,a=root,n=,r=abc", false, false},
      {kScramSha256, "n,x,n=,r=abc", false, false},
      {kScramSha256, "nn,,n=,r=abc", false, false},
      {kScramSha256, "z,,n=,r=abc", false, false},
      {kScramSha256, ",,n=,r=abc", false, false},
      {"SCRAM-SHA-1", "n,,n=,r=abc", false, false},
      {"scram-sha-256", "n,,n=,r=abc", false, false},
      {"", "n,,n=,r=abc", false, false},
  };
  for (const Case& c : cases) {
    ScramServer server = serverFor("pencil", c.tls ? kEndPoint : kNoTls);
    EXPECT_EQ(server.first(c.mechanism, c.message).ok(), c.good)
        << c.mechanism << " " << c.message << (c.tls ? " with TLS" : "");
  }
}

TEST(ScramServer, ReadsTheClientsFirstMessage) {
  const auto accepts = [](Bytes message) { return serverFor("pencil").first(kScramSha256, message).ok(); };
  EXPECT_TRUE(accepts("n,,n=,r=abc"));
  EXPECT_TRUE(accepts("n,,n=any=2Cone,r=abc"));
  EXPECT_TRUE(accepts("n,,n=,r=abc,x=an extension to ignore"));
  EXPECT_FALSE(accepts("n,,m=mandatory,n=,r=abc"));
  EXPECT_FALSE(accepts("n,,r=abc"));
  EXPECT_FALSE(accepts("n,,n="));
  EXPECT_FALSE(accepts("n,,n=,"));
  EXPECT_FALSE(accepts("n,,n=,r="));
  EXPECT_FALSE(accepts("n,,n=,r=a c"));
  EXPECT_FALSE(accepts("n,,n=,r=a\x80"));
  EXPECT_FALSE(accepts(Bytes("n,,n=,r=a\0b", 11)));
  EXPECT_FALSE(accepts("n,,n=,r=abc,"));
  EXPECT_FALSE(accepts("n,,n=,r=abc,1=x"));
  EXPECT_FALSE(accepts("n,,n=,r=abc,x"));
}

TEST(ScramServer, RefusesEveryTruncationOfTheMessages) {
  const std::string first = "n,,n=,r=c";
  for (size_t n = 0; n < first.size(); ++n)
    EXPECT_FALSE(serverFor("pencil").first(kScramSha256, first.substr(0, n))) << "with " << n << " bytes";

  ScramClient client = clientWith("pencil");
  ScramServer server = serverFor("pencil", kEndPoint);
  const auto server_first = server.first(kScramSha256Plus, client.first(kEndPoint, true));
  ASSERT_TRUE(server_first);
  const auto client_final = client.final(*server_first);
  ASSERT_TRUE(client_final);
  for (size_t n = 0; n < client_final->size(); ++n) {
    ScramServer again = server;
    EXPECT_FALSE(again.final(Bytes(*client_final).substr(0, n))) << "with " << n << " bytes";
    EXPECT_EQ(again.keys().client_key, ScramKey{});
  }
  EXPECT_TRUE(server.final(*client_final));
}

TEST(ScramServer, RefusesEveryChangedByteOfTheFinalMessage) {
  ScramClient client = clientWith("pencil");
  ScramServer server = serverFor("pencil");
  const auto server_first = server.first(kScramSha256, client.first(kNoTls, false));
  const auto client_final = client.final(*server_first);
  ASSERT_TRUE(client_final);
  for (size_t i = 0; i < client_final->size(); ++i) {
    ScramServer again = server;
    std::string changed = *client_final;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(again.final(changed)) << "byte " << i;
  }
}

TEST(ScramServer, BoundsWhatItReads) {
  const std::string endless(100'000, 'x');
  EXPECT_FALSE(serverFor("pencil").first(kScramSha256, "n,,n=,r=" + endless));
  EXPECT_FALSE(serverFor("pencil").first(kScramSha256, "n,,n=" + endless + ",r=abc"));
  EXPECT_FALSE(serverFor("pencil").first(endless, "n,,n=,r=abc"));
  ScramServer server = serverFor("pencil");
  ASSERT_TRUE(server.first(kScramSha256, "n,,n=,r=abc"));
  EXPECT_FALSE(server.final("c=biws,r=abcserver-nonce,p=" + endless));
}

TEST(ScramServer, ChecksTheFinalMessage) {
  const std::string proof(43, 'A');
  const auto why = [&](const std::string& message) {
    ScramServer server = serverFor("pencil");
    EXPECT_TRUE(server.first(kScramSha256, "n,,n=,r=abc"));
    return server.final(message).error();
  };
  EXPECT_EQ(why("c=biws,r=abcserver-nonce,p=" + proof + "="), "the password is wrong");
  EXPECT_EQ(why("c=biws,r=abcserver-nonce,x=extension,p=" + proof + "="), "the password is wrong");
  EXPECT_NE(why("c=eSws,r=abcserver-nonce,p=" + proof + "=").find("channel binding"), std::string::npos);
  EXPECT_NE(why("c=,r=abcserver-nonce,p=" + proof + "=").find("channel binding"), std::string::npos);
  EXPECT_NE(why("c=biws,r=abc,p=" + proof + "=").find("nonce"), std::string::npos);
  EXPECT_NE(why("c=biws,r=abcserver-nonceX,p=" + proof + "=").find("nonce"), std::string::npos);
  for (const char* bad :
       {"c=biws,r=abcserver-nonce", "c=biws,r=abcserver-nonce,p=", "c=biws,r=abcserver-nonce,p=AAAA",
        "r=abcserver-nonce,c=biws,p=AAAA", "c=biws,p=AAAA", "p=AAAA"})
    EXPECT_NE(why(bad).find("malformed"), std::string::npos) << bad;
  EXPECT_NE(why("c=biws,r=abcserver-nonce,p=" + proof + "=,x=behind").find("malformed"), std::string::npos);
  EXPECT_NE(why("c=biws,r=abcserver-nonce,p=" + proof + "=AAAA").find("malformed"), std::string::npos);
}

TEST(ScramServer, TakesEachMessageOnceAndInTurn) {
  ScramServer server = serverFor("pencil");
  EXPECT_FALSE(server.final("c=biws,r=abcserver-nonce,p=AAAA"));
  EXPECT_TRUE(server.first(kScramSha256, "n,,n=,r=abc"));
  EXPECT_FALSE(server.first(kScramSha256, "n,,n=,r=abc"));
  EXPECT_FALSE(server.final("garbage"));

  ScramClient client = clientWith("pencil");
  ScramServer guessed = serverFor("pencil");
  const auto client_final = client.final(*guessed.first(kScramSha256, client.first(kNoTls, false)));
  EXPECT_FALSE(guessed.final("c=biws,r=wrong,p=AAAA"));
  EXPECT_FALSE(guessed.final(*client_final)) << "one guess per exchange";
}

TEST(ScramClient, TakesEachMessageOnceAndInTurn) {
  ScramClient early = clientWith("pencil");
  early.first(kNoTls, false);
  EXPECT_FALSE(early.verify("v=" + std::string(43, 'A') + "=")) << "nothing was proved yet";
  EXPECT_FALSE(early.verified());

  ScramClient client = clientWith("pencil");
  ScramServer server = serverFor("pencil");
  const auto server_first = server.first(kScramSha256, client.first(kNoTls, false));
  ASSERT_TRUE(client.final(*server_first));
  EXPECT_FALSE(client.final(*server_first));
}

TEST(ScramClient, RefusesAServerThatDoesNotKnowTheSecret) {
  for (const std::string& bad : {"v=" + std::string(43, 'A') + "=", std::string("v="), std::string(),
                                 std::string("v=AAAA"), std::string("e=other-error"), std::string("x=y")}) {
    ScramClient client = clientWith("pencil");
    ScramServer server = serverFor("pencil");
    ASSERT_TRUE(client.final(*server.first(kScramSha256, client.first(kNoTls, false))));
    EXPECT_FALSE(client.verify(bad)) << bad;
    EXPECT_FALSE(client.verified()) << bad;
  }
}

TEST(ScramClient, ReportsTheServersError) {
  ScramClient client = clientWith("pencil");
  ScramServer server = serverFor("pencil");
  ASSERT_TRUE(client.final(*server.first(kScramSha256, client.first(kNoTls, false))));
  EXPECT_EQ(client.verify("e=invalid-proof\n").error(),
            "the server ended the SCRAM exchange: invalid-proof?");
}

TEST(ScramClient, ReadsTheServersFirstMessage) {
  const auto accepts = [](const std::string& message) {
    ScramClient client = clientWith("pencil");
    client.first(kNoTls, false);
    return client.final(message).ok();
  };
  EXPECT_TRUE(accepts("r=client-nonceX,s=AAAA,i=1"));
  EXPECT_FALSE(accepts("r=client-nonce,s=AAAA,i=1")) << "the server added nothing";
  EXPECT_FALSE(accepts("r=other-nonceX,s=AAAA,i=1"));
  EXPECT_FALSE(accepts("r=,s=AAAA,i=1"));
  EXPECT_FALSE(accepts("m=ext,r=client-nonceX,s=AAAA,i=1"));
  EXPECT_FALSE(accepts("r=client-nonceX,s=AAA,i=1"));
  EXPECT_FALSE(accepts("r=client-nonceX,s=AA A,i=1"));
  EXPECT_FALSE(accepts("r=client-nonceX,i=1,s=AAAA"));
  EXPECT_FALSE(accepts("r=client-nonceX,s=AAAA,i=1,x=y"));
  EXPECT_FALSE(accepts("r=client-nonceX,s=AAAA,i=1,"));
  EXPECT_FALSE(accepts("r=client-nonceX,s=" + std::string(100'000, 'A') + ",i=1"));
  for (const char* count :
       {"", "0", "-1", "+1", "1.5", "0x10", "10000001", "4294967297", "99999999999999999999", "1 "})
    EXPECT_FALSE(accepts(std::string("r=client-nonceX,s=AAAA,i=") + count)) << "i=" << count;
}

TEST(ScramClient, RefusesEveryTruncationOfTheServersMessages) {
  const std::string server_first = "r=client-nonceX,s=AAAA,i=9";
  for (size_t n = 0; n < server_first.size(); ++n) {
    ScramClient client = clientWith("pencil");
    client.first(kNoTls, false);
    EXPECT_FALSE(client.final(server_first.substr(0, n))) << "with " << n << " bytes";
  }
  ScramServer server = serverFor("pencil");
  ScramClient client = clientWith("pencil");
  const auto client_final = client.final(*server.first(kScramSha256, client.first(kNoTls, false)));
  const std::string server_final = *server.final(*client_final);
  const ScramClientKeys keys = server.keys();
  for (size_t n = 0; n < server_final.size(); ++n) {
    ScramServer same = serverFor("pencil");
    ScramClient again(keys, "client-nonce");
    ASSERT_TRUE(again.final(*same.first(kScramSha256, again.first(kNoTls, false))));
    EXPECT_FALSE(again.verify(server_final.substr(0, n))) << "with " << n << " bytes";
  }
  EXPECT_TRUE(client.verify(server_final));
}

TEST(ScramClient, KeepsTheKeysForTheNextLogin) {
  ScramClient client = clientWith("pencil");
  ScramServer server = serverFor("pencil");
  ASSERT_TRUE(client.final(*server.first(kScramSha256, client.first(kNoTls, false))));
  ASSERT_TRUE(client.keys());
  EXPECT_TRUE(login({*client.keys(), "next-nonce"}, serverFor("pencil")).verified);
}

TEST(Scram, PreparesThePasswordOnBothSides) {
  // "Ⅸ" is a compatibility form of "IX": one stored, the other typed.
  EXPECT_TRUE(login(clientWith("IX"), serverFor("\u2168")).verified);
  EXPECT_TRUE(login(clientWith("I\u00adX"), serverFor("IX")).verified);
  // What SASLprep refuses counts byte by byte.
  EXPECT_TRUE(login(clientWith("\xff\xfe"), serverFor("\xff\xfe")).verified);
  EXPECT_FALSE(login(clientWith("\xff\xfe"), serverFor("\xff\xff")).proven);
}

TEST(ScramSecret, IsWrittenAsPostgresWritesIt) {
  const ScramSecret secret = makeScramSecret("pencil", kRfcSalt, 4096);
  const std::string text = formatScramSecret(secret);
  EXPECT_EQ(text,
            "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$"
            "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=");
  const auto parsed = parseScramSecret(text);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->iterations, 4096u);
  EXPECT_EQ(parsed->salt, kRfcSalt);
  EXPECT_EQ(parsed->stored_key, secret.stored_key);
  EXPECT_EQ(parsed->server_key, secret.server_key);
}

TEST(ScramSecret, RefusesWhatIsNone) {
  const std::string good = formatScramSecret(secretOf("pencil"));
  ASSERT_TRUE(parseScramSecret(good));
  for (size_t n = 0; n < good.size(); ++n)
    EXPECT_FALSE(parseScramSecret(good.substr(0, n))) << "with " << n << " bytes";
  EXPECT_FALSE(parseScramSecret(good + "x"));
  EXPECT_FALSE(parseScramSecret(" " + good));
  const std::string keys = good.substr(good.rfind('$'));
  for (const char* head : {"SCRAM-SHA-256$0:AAAA", "SCRAM-SHA-256$-1:AAAA", "SCRAM-SHA-256$x:AAAA",
                           "SCRAM-SHA-256$:AAAA", "SCRAM-SHA-256$2147483648:AAAA", "SCRAM-SHA-256$10:AAA",
                           "SCRAM-SHA-512$10:AAAA", "scram-sha-256$10:AAAA"})
    EXPECT_FALSE(parseScramSecret(head + keys)) << head;
}

TEST(MockScramSecret, LooksLikeAUsersAndNobodyLogsInWithIt) {
  const ScramSecret mock = makeMockScramSecret("nobody", "process secret", kIterations);
  EXPECT_EQ(mock.salt.size(), 16u);
  EXPECT_EQ(formatScramSecret(mock),
            formatScramSecret(makeMockScramSecret("nobody", "process secret", kIterations)));
  EXPECT_NE(mock.salt, makeMockScramSecret("somebody", "process secret", kIterations).salt);
  EXPECT_NE(mock.salt, makeMockScramSecret("nobody", "of another process", kIterations).salt);

  for (const char* password : {"pencil", "", "nobody"}) {
    ScramServer server(mock, "server-nonce", kNoTls);
    ScramClient client = clientWith(password);
    const auto server_first = server.first(kScramSha256, client.first(kNoTls, false));
    ASSERT_TRUE(server_first) << "the exchange goes on as for a known user";
    EXPECT_EQ(server.final(*client.final(*server_first)).error(), "the password is wrong");
  }
}

TEST(ScramNonce, IsPrintable) { EXPECT_EQ(scramNonce(std::string(18, '\xff')), std::string(24, '/')); }

TEST(SecretText, WipesWhatItHeld) {
  std::string text(100, 'x');
  const char* memory = text.data();
  wipe(text);
  EXPECT_TRUE(text.empty());
  EXPECT_EQ(std::string(memory, text.capacity()), std::string(text.capacity(), '\0'));
}

}  // namespace
}  // namespace forebay::pgproto
