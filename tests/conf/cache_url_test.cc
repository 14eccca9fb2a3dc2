#include "conf/cache_url.h"

#include <gtest/gtest.h>

namespace forebay::conf {
namespace {

Cache parsed(std::string_view url) {
  const Result<Cache> out = parseCacheUrl(url);
  EXPECT_TRUE(out.ok()) << url << ": " << (out.ok() ? "" : out.error());
  return out ? *out : Cache{};
}

std::string errorOfUrl(std::string_view url) {
  const Result<Cache> out = parseCacheUrl(url);
  return out ? "" : out.error();
}

TEST(CacheUrl, HasAllItsParts) {
  const Cache cache = parsed("redis://app:s3cret@cache:7000/3");
  EXPECT_EQ(cache.user, "app");
  EXPECT_EQ(cache.password, "s3cret");
  EXPECT_EQ(cache.host, (HostPort{"cache", 7000}));
  EXPECT_EQ(cache.database, 3u);
  EXPECT_EQ(cache.server_tls_sslmode, std::nullopt);
}

TEST(CacheUrl, MayLeaveEverythingOut) {
  for (const char* url : {"redis://", "redis:///", "redis:///0"}) {
    const Cache cache = parsed(url);
    EXPECT_EQ(cache.host, (HostPort{"localhost", 6379})) << url;
    EXPECT_EQ(cache.user + cache.password, "") << url;
    EXPECT_EQ(cache.database, 0u) << url;
  }
}

TEST(CacheUrl, HasAPasswordWithoutAUserForTheDefaultUser) {
  const Cache cache = parsed("redis://:s3cret@cache");
  EXPECT_EQ(cache.user, "");
  EXPECT_EQ(cache.password, "s3cret");
}

TEST(CacheUrl, DecodesEachPart) {
  const Cache cache = parsed("redis://us%40r:p%2Fa%3As%25s@c%61che");
  EXPECT_EQ(cache.user, "us@r");
  EXPECT_EQ(cache.password, "p/a:s%s");
  EXPECT_EQ(cache.host.host, "cache");
}

TEST(CacheUrl, TakesIpv6InBrackets) { EXPECT_EQ(parsed("redis://[::1]:7000").host, (HostPort{"::1", 7000})); }

TEST(CacheUrl, VerifiesTheServerOfRediss) {
  EXPECT_EQ(parsed("rediss://cache").server_tls_sslmode, SslMode::kVerifyFull);
}

TEST(CacheUrl, ChecksTheCertificateAsRedisPyIsTold) {
  const auto mode = [](const std::string& value) {
    return parsed("rediss://cache?ssl_cert_reqs=" + value).server_tls_sslmode;
  };
  EXPECT_EQ(mode("none"), SslMode::kRequire);
  EXPECT_EQ(mode("CERT_NONE"), SslMode::kRequire) << "as Celery spells it";
  EXPECT_EQ(mode("optional"), SslMode::kVerifyFull) << "a server always shows a certificate";
  EXPECT_EQ(mode("required"), SslMode::kVerifyFull);
}

TEST(CacheUrl, NamesAUnixSocketByItsPath) {
  EXPECT_EQ(parsed("unix:///run/redis.sock").host, (HostPort{"/run/redis.sock", 0}));
  const Cache cache = parsed("redis+unix://app:s3cret@/run/my%2Dredis@1.sock?db=2");
  EXPECT_EQ(cache.host, (HostPort{"/run/my-redis@1.sock", 0}));
  EXPECT_EQ(cache.user, "app");
  EXPECT_EQ(cache.password, "s3cret");
  EXPECT_EQ(cache.database, 2u);
}

TEST(CacheUrl, PrefersAParameterToThePath) {
  const Cache cache = parsed("redis://a:b@cache/1?db=2&username=c&password=d%26&protocol=3");
  EXPECT_EQ(cache.database, 2u);
  EXPECT_EQ(cache.user, "c");
  EXPECT_EQ(cache.password, "d&");
}

TEST(CacheUrl, SaysWhichPartIsWrongAndNothingOfThePassword) {
  EXPECT_EQ(errorOfUrl("http://cache"),
            "the URL must begin with redis://, rediss://, unix:// or redis+unix://");
  EXPECT_EQ(errorOfUrl("redis://app:s3%zz@cache"),
            "the URL's password has a '%' without two hex digits (write %25 for '%')");
  for (const char* url : {"redis://app:s3cret@cache:x", "redis://:s3cret@cache:0", "redis://a,b",
                          "redis://%2Frun%2Fredis.sock"})
    EXPECT_EQ(errorOfUrl(url), "the URL's host must be HOST or HOST:PORT, with [] around an IPv6 address")
        << url;
  for (const char* url : {"redis://cache/main", "redis://cache/-1", "redis://cache/0/key"})
    EXPECT_EQ(errorOfUrl(url), "the URL's path must be the number of a database, such as /0") << url;
  for (const char* url : {"unix://", "unix://run/redis.sock", "unix://@redis"})
    EXPECT_EQ(errorOfUrl(url), "the URL's path must be that of a socket, such as /run/redis.sock") << url;
  EXPECT_EQ(errorOfUrl("redis://cache?db=x"), "the URL's parameter 'db' cannot be 'x' here");
  EXPECT_EQ(errorOfUrl("redis://cache?protocol=4"), "the URL's parameter 'protocol' cannot be '4' here");
  EXPECT_EQ(errorOfUrl("redis://cache?ssl_cert_reqs=none"),
            "the URL's parameter 'ssl_cert_reqs' is not known here")
      << "there is no TLS to check";
  EXPECT_EQ(errorOfUrl("redis://cache?timeout=5"), "the URL's parameter 'timeout' is not known here");
}

}  // namespace
}  // namespace forebay::conf
