// TLS with clients, on the port where others come without, and with Redis.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include "tests/rig/eventually.h"
#include "tests/rig/forebay.h"

namespace forebay::rig {
namespace {

CertificateAuthority& authority() {
  static CertificateAuthority made;
  return made;
}

ForebayConfig offering(const std::string& sslmode, const RedisServer& redis) {
  static const Certificate own = authority().issue("forebay");
  ForebayConfig config = mainCache(redis);
  config.redis["client_tls_sslmode"] = sslmode;
  config.redis["client_tls_key_file"] = own.key_file.string();
  config.redis["client_tls_cert_file"] = own.cert_file.string();
  config.redis["client_tls_ca_file"] = authority().certFile().string();
  return config;
}

RedisConnection inTls(const Forebay& forebay, const TlsOptions& options = {}) {
  RedisConnection client(forebay.redisPort());
  client.startTls(options);
  return client;
}

ForebayConfig reaching(RedisServer& redis, const std::filesystem::path& ca_file) {
  ForebayConfig config = mainCache(redis);  // rediss:// means verify-full
  config.redis["server_tls_ca_file"] = ca_file.string();
  config.redis["command_wait_timeout"] = "300ms";
  return config;
}

TEST(RedisClientTls, OnePortServesBothUnderPrefer) {
  RedisServer redis;
  const Forebay forebay(offering("prefer", redis));
  RedisConnection plain(forebay.redisPort());
  RedisConnection secret = inTls(forebay, {.ca_file = authority().certFile()});
  plain.run({"SET", "k", "v"});
  EXPECT_EQ(secret.command({"GET", "k"}), resp::bulk("v"));
}

TEST(RedisClientTls, RequireLetsNobodyInWithout) {
  RedisServer redis;
  const Forebay forebay(offering("require", redis));
  RedisConnection plain(forebay.redisPort());
  plain.sendCommand({"PING"});
  EXPECT_TRUE(plain.closes());
  EXPECT_EQ(inTls(forebay).command({"PING"}), resp::simple("PONG"));
}

TEST(RedisClientTls, ACertificateIsDemandedUnderVerifyCa) {
  RedisServer redis;
  const Forebay forebay(offering("verify-ca", redis));
  EXPECT_EQ(inTls(forebay, {.certificate = authority().issue("client")}).command({"PING"}),
            resp::simple("PONG"));
  CertificateAuthority stranger;
  for (const TlsOptions& options : {TlsOptions{}, TlsOptions{.certificate = stranger.issue("client")}})
    EXPECT_THROW(inTls(forebay, options).command({"PING"}), RigError);
}

TEST(RedisClientTls, LargeValuesPipelinesAndMessagesPass) {
  RedisServer redis;
  const Forebay forebay(offering("require", redis));
  RedisConnection client = inTls(forebay), subscriber = inTls(forebay);
  const std::string big(3'000'000, 'b');
  client.run({"SET", "big", big});
  EXPECT_TRUE(client.command({"GET", "big"}) == resp::bulk(big));
  std::vector<RedisArgs> commands(5000, RedisArgs{"ECHO", "again"});
  for (const RedisValue& reply : client.pipeline(commands)) ASSERT_EQ(reply, resp::bulk("again"));
  subscriber.run({"SUBSCRIBE", "news"});
  client.run({"PUBLISH", "news", big});
  EXPECT_TRUE(subscriber.receive() == resp::bulks({"message", "news", big}));
}

TEST(RedisClientTls, WhoBreaksTheHandshakeOffIsClosedAlone) {
  RedisServer redis;
  const Forebay forebay(offering("prefer", redis));
  RedisConnection broken(forebay.redisPort()), silent(forebay.redisPort());
  broken.send(std::string("\x16\x03\x01\x00\x05hello and some more", 24));
  silent.send("\x16");
  while (true) {  // an alert may come first
    char byte = 0;
    if (recv(broken.fd(), &byte, 1, 0) <= 0) break;
  }
  silent.reset();
  EXPECT_EQ(inTls(forebay).command({"PING"}), resp::simple("PONG"));
}

TEST(RedisServerTls, RedissMeansThatRedisIsVerified) {
  RedisServer redis({.tls = true});
  const Forebay forebay(reaching(redis, redis.authority().certFile()));
  RedisConnection client(forebay.redisPort());
  const std::string big(3'000'000, 'b');
  client.run({"SET", "k", big});
  EXPECT_TRUE(client.command({"GET", "k"}) == resp::bulk(big));
  EXPECT_EQ(client.pipeline({{"MULTI"}, {"STRLEN", "k"}, {"EXEC"}}).at(2),
            resp::array({resp::integer(3'000'000)}));
  RedisConnection subscriber(forebay.redisPort());
  subscriber.run({"SUBSCRIBE", "news"});
  client.run({"PUBLISH", "news", "text"});
  EXPECT_EQ(subscriber.receive(), resp::bulks({"message", "news", "text"}));
}

TEST(RedisServerTls, AStrangersRedisIsRefusedWithTheReason) {
  RedisServer redis({.tls = true});
  CertificateAuthority stranger;
  const Forebay forebay(reaching(redis, stranger.certFile()));
  RedisConnection client(forebay.redisPort());
  const RedisValue said = client.command({"GET", "k"});
  EXPECT_TRUE(said.text.starts_with("ERR cache main: no connection to Redis at localhost:")) << said;
  EXPECT_NE(said.text.find("verif"), std::string::npos) << said;
}

TEST(RedisServerTls, ARedisWithoutTlsIsRefused) {
  RedisServer redis;
  ForebayConfig config = reaching(redis, authority().certFile());
  config.caches["main"]["url"] = "rediss://localhost:" + std::to_string(redis.port()) + "/0";
  const Forebay forebay(config);
  RedisConnection client(forebay.redisPort());
  EXPECT_TRUE(client.command({"GET", "k"}).isError());
}

TEST(RedisServerTls, OurCertificateIsShownWhereItIsAskedFor) {
  RedisServer redis({.tls = true, .client_certificates = true});
  ForebayConfig config = reaching(redis, redis.authority().certFile());
  const Certificate own = redis.authority().issue("forebay");
  config.redis["server_tls_key_file"] = own.key_file.string();
  config.redis["server_tls_cert_file"] = own.cert_file.string();
  const Forebay forebay(config);
  RedisConnection client(forebay.redisPort());
  EXPECT_EQ(client.command({"PING"}), resp::simple("PONG"));
}

}  // namespace
}  // namespace forebay::rig
