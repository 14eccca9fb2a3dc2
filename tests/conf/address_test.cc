#include "conf/address.h"

#include <gtest/gtest.h>

namespace forebay::conf {
namespace {

TEST(ListenAddresses, AreAnAddressAndAPort) {
  EXPECT_EQ(readListenAddress("10.0.0.1:6432"), (ListenAddress{"10.0.0.1", 6432}));
  EXPECT_EQ(readListenAddress("localhost:0"), (ListenAddress{"localhost", 0})) << "0: any free port";
  EXPECT_EQ(readListenAddress("[::1]:6432"), (ListenAddress{"::1", 6432}));
  EXPECT_EQ(readListenAddress("*:6432"), (ListenAddress{"", 6432})) << "every address";
}

TEST(ListenAddresses, OfAUnixSocketAreAFolder) {
  EXPECT_EQ(readListenAddress("unix:/run/forebay"), (ListenAddress{"/run/forebay", 6432}));
  EXPECT_EQ(readListenAddress("unix:/run/forebay:7000"), (ListenAddress{"/run/forebay", 7000}));
  EXPECT_EQ(readListenAddress("unix:@abstract"), (ListenAddress{"@abstract", 6432}));
  EXPECT_TRUE(readListenAddress("unix:/run/forebay")->isUnix());
}

TEST(ListenAddresses, AreRefusedWhenTheyAreAmbiguous) {
  for (const char* wrong :
       {"", "localhost", "6432", ":6432", "10.0.0.1:", "10.0.0.1:65536", "10.0.0.1:-1", "::1:6432", "[::1]",
        "[::1:6432", "[::1]6432", "/run/forebay", "unix:", "unix:relative", "a b:1", "unix:/run/forebay:x"})
    EXPECT_EQ(readListenAddress(wrong), std::nullopt) << wrong;
}

TEST(ListenAddresses, AreWrittenAsTheyAreRead) {
  for (const char* text :
       {"10.0.0.1:6432", "[::1]:0", "*:6432", "unix:/run/forebay:6432", "unix:@abstract:6432"})
    EXPECT_EQ(format(*readListenAddress(text)), text);
}

TEST(RedisListeners, NameAUnixSocketByItself) {
  EXPECT_EQ(readRedisListener("unix:/run/redis.sock"), (ListenAddress{"/run/redis.sock", 0}));
  EXPECT_EQ(readRedisListener("unix:@redis:1"), (ListenAddress{"@redis:1", 0})) << "no port";
  EXPECT_EQ(readRedisListener("[::1]:6380"), (ListenAddress{"::1", 6380}));
  for (const char* wrong : {"", "6380", "unix:", "unix:redis.sock", "unix:/run/a b"})
    EXPECT_EQ(readRedisListener(wrong), std::nullopt) << wrong;
  for (const char* text : {"10.0.0.1:6380", "unix:/run/redis.sock", "unix:@redis"})
    EXPECT_EQ(format(*readRedisListener(text)), text);
}

TEST(RedisHosts, NameAUnixSocketByItself) {
  EXPECT_EQ(readRedisHost("cache"), (HostPort{"cache", 6379}));
  EXPECT_EQ(readRedisHost("cache:7000", 8000), (HostPort{"cache", 7000}));
  EXPECT_EQ(readRedisHost("/run/redis.sock", 7000), (HostPort{"/run/redis.sock", 0}));
  for (const char* wrong : {"", "cache:0", "/run/a b", "a,b"})
    EXPECT_EQ(readRedisHost(wrong), std::nullopt) << wrong;
  for (const char* text : {"cache:6379", "/run/redis.sock", "@redis"})
    EXPECT_EQ(format(*readRedisHost(text)), text);
}

TEST(Hosts, MayLeaveThePortOut) {
  EXPECT_EQ(readHost("pg-0"), (HostPort{"pg-0", 5432}));
  EXPECT_EQ(readHost("pg-0", 6000), (HostPort{"pg-0", 6000}));
  EXPECT_EQ(readHost("pg-0:5433", 6000), (HostPort{"pg-0", 5433}));
  EXPECT_EQ(readHost("[::1]:5433"), (HostPort{"::1", 5433}));
  EXPECT_EQ(readHost("[::1]"), (HostPort{"::1", 5432}));
  EXPECT_EQ(readHost("2001:db8::1"), (HostPort{"2001:db8::1", 5432})) << "the last group is no port";
  EXPECT_EQ(readHost("/run/postgresql"), (HostPort{"/run/postgresql", 5432}));
  EXPECT_EQ(readHost("/run/postgresql:5433"), (HostPort{"/run/postgresql", 5433}));
}

TEST(Hosts, NeedANameAndAPortAboveZero) {
  for (const char* wrong : {"", ":5432", "pg:0", "pg:x", "pg:70000", "[::1", "a,b", "a b"})
    EXPECT_EQ(readHost(wrong), std::nullopt) << wrong;
}

TEST(Hosts, AreWrittenAsTheyAreRead) {
  for (const char* text : {"pg-0:5432", "[::1]:5432", "/run/postgresql:5432", "@abstract:5432"})
    EXPECT_EQ(format(*readHost(text)), text);
}

}  // namespace
}  // namespace forebay::conf
