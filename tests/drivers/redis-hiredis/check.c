// hiredis, the C library: what an application may do with it. Commands are appended and replies fetched when
// wanted, so one thread plays all the clients of a check.
#include <hiredis/hiredis.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { kClients = 8, kPatience = 60 };

static char host[256], user[128], password[128];
static int port;
static jmp_buf failed;
static char why[1024];

// ---- What every check needs ----

__attribute__((noreturn, format(printf, 1, 2))) static void fail(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(why, sizeof why, format, arguments);
  va_end(arguments);
  longjmp(failed, 1);
}

static void expectInteger(redisReply* reply, long long expected) {
  if (reply->type != REDIS_REPLY_INTEGER || reply->integer != expected)
    fail("%lld (type %d, %s) is not %lld", reply->integer, reply->type, reply->str ? reply->str : "",
         expected);
  freeReplyObject(reply);
}

static void expectBytes(redisReply* reply, const void* expected, size_t size) {
  if (!reply->str || reply->len != size || memcmp(reply->str, expected, size) != 0)
    fail("type %d with %zu bytes, '%.40s', is not '%.40s'", reply->type, (size_t)reply->len,
         reply->str ? reply->str : "", (const char*)expected);
  freeReplyObject(reply);
}

static void expect(redisReply* reply, const char* expected) {
  expectBytes(reply, expected, strlen(expected));
}

static void expectNothing(redisReply* reply) {
  if (reply->type != REDIS_REPLY_NIL) fail("type %d is not nil", reply->type);
  freeReplyObject(reply);
}

static void expectError(redisReply* reply, const char* words) {
  if (reply->type != REDIS_REPLY_ERROR || strncmp(reply->str, words, strlen(words)) != 0)
    fail("type %d, %s: %s was due", reply->type, reply->str ? reply->str : "", words);
  freeReplyObject(reply);
}

static redisReply* checked(redisContext* c, void* reply) {
  if (!reply) fail("no reply: %s", c->errstr);
  return reply;
}

static redisReply* call(redisContext* c, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  void* reply = redisvCommand(c, format, arguments);
  va_end(arguments);
  return checked(c, reply);
}

static redisReply* next(redisContext* c) {
  void* reply = NULL;
  if (redisGetReply(c, &reply) != REDIS_OK) fail("no reply: %s", c->errstr);
  return reply;
}

// Sends what was appended, and waits for nothing.
static void flush(redisContext* c) {
  for (int done = 0; !done;) {
    if (redisBufferWrite(c, &done) != REDIS_OK) fail("not sent: %s", c->errstr);
  }
}

static redisContext* dial(void) {
  const struct timeval patience = {.tv_sec = kPatience / 2};
  redisContext* c = redisConnectWithTimeout(host, port, patience);
  if (!c || c->err) fail("not connected: %s", c ? c->errstr : "no memory");
  redisSetTimeout(c, patience);
  return c;
}

static redisContext* login(void) {
  redisContext* c = dial();
  expect(call(c, "AUTH %s %s", user, password), "OK");
  return c;
}

static void waitUntilBlocked(redisContext* asks, long long id) {
  char begin[64];
  snprintf(begin, sizeof begin, "id=%lld ", id);
  for (int turn = 0; turn < 4000; ++turn, usleep(5000)) {
    redisReply* list = call(asks, "CLIENT LIST");
    const char* line = strstr(list->str, begin);
    const char* flags = line ? strstr(line, " flags=") : NULL;
    const int blocked = flags && flags[strlen(" flags=")] == 'b';
    freeReplyObject(list);
    if (blocked) return;
  }
  fail("client %lld does not wait", id);
}

static long long numberOf(redisContext* c) {
  redisReply* reply = call(c, "CLIENT ID");
  const long long id = reply->integer;
  freeReplyObject(reply);
  return id;
}

// ---- The checks ----

static void loginAndRefusal(void) {
  redisContext* c = login();
  expect(call(c, "ACL WHOAMI"), "app");
  redisFree(c);
  c = dial();
  expectError(call(c, "GET key"), "NOAUTH");
  expectError(call(c, "AUTH %s %s", user, "wrong"), "WRONGPASS");
  expectError(call(c, "AUTH %s %s", "nobody", password), "WRONGPASS");
  redisFree(c);
}

static void commands(void) {
  redisContext* c = login();
  expect(call(c, "SET string v EX 100"), "OK");
  expect(call(c, "GET string"), "v");
  expectNothing(call(c, "SET string w NX"));
  expectNothing(call(c, "GET none"));
  expectInteger(call(c, "INCRBY number 41"), 41);
  expectInteger(call(c, "HSET hash a 1 b 2"), 2);
  redisReply* all = call(c, "HGETALL hash");
  if (all->elements != 4 || strcmp(all->element[3]->str, "2") != 0) fail("HGETALL has %zu", all->elements);
  freeReplyObject(all);
  expectInteger(call(c, "RPUSH list a b c"), 3);
  expectError(call(c, "GET list"), "WRONGTYPE");
  expectInteger(call(c, "ZADD sorted 1.5 a"), 1);
  expect(call(c, "ZSCORE sorted a"), "1.5");
  redisFree(c);
}

static void pipeline(void) {
  redisContext *c = login(), *other = login();
  for (int n = 0; n < 1000; ++n) {
    redisAppendCommand(c, "SET pipeline:%d %d", n, n);
    redisAppendCommand(c, "GET pipeline:%d", n);
  }
  char expected[16];
  for (int n = 0; n < 1000; ++n) {
    snprintf(expected, sizeof expected, "%d", n);
    expect(next(c), "OK");
    expect(next(c), expected);
    expect(call(other, "GET pipeline:%d", n), expected);
  }
  redisFree(c);
  redisFree(other);
}

static void pipelineWithAnError(void) {
  redisContext* c = login();
  redisAppendCommand(c, "SET error v");
  redisAppendCommand(c, "LPUSH error x");
  redisAppendCommand(c, "GET error");
  expect(next(c), "OK");
  expectError(next(c), "WRONGTYPE");
  expect(next(c), "v");
  redisFree(c);
}

static void transaction(void) {
  redisContext *c = login(), *other = login();
  for (int meddled = 0; meddled < 2; ++meddled) {
    expect(call(c, "SET watched 1"), "OK");
    expect(call(c, "WATCH watched"), "OK");
    if (meddled) expect(call(other, "SET watched 5"), "OK");
    expect(call(c, "MULTI"), "OK");
    expect(call(c, "INCR watched"), "QUEUED");
    expect(call(c, "GET watched"), "QUEUED");
    redisReply* done = call(c, "EXEC");
    if (!meddled && (done->elements != 2 || done->element[0]->integer != 2))
      fail("EXEC has %zu", done->elements);
    if (meddled && done->type != REDIS_REPLY_NIL) fail("EXEC has type %d", done->type);
    freeReplyObject(done);
    expect(call(other, "GET watched"), meddled ? "5" : "2");
  }
  expect(call(c, "MULTI"), "OK");
  expectError(call(c, "NOSUCHCOMMAND"), "ERR unknown command");
  expectError(call(c, "EXEC"), "EXECABORT");
  expect(call(c, "MULTI"), "OK");
  expect(call(c, "DISCARD"), "OK");
  expectError(call(c, "EXEC"), "ERR EXEC without MULTI");
  redisFree(c);
  redisFree(other);
}

static void blockingPops(void) {
  redisContext *all[kClients], *other = login();
  for (int n = 0; n < kClients; ++n) {
    all[n] = login();
    const long long id = numberOf(all[n]);
    redisAppendCommand(all[n], "BLPOP queue 20");
    flush(all[n]);
    waitUntilBlocked(other, id);  // so that they wait in this order
  }
  for (int n = 0; n < kClients; ++n) {
    expectInteger(call(other, "RPUSH queue %d", n), 1);
    redisReply* popped = next(all[n]);
    if (popped->elements != 2 || atoi(popped->element[1]->str) != n) fail("BLPOP by %d", n);
    freeReplyObject(popped);
    expectNothing(call(all[n], "BLPOP queue 0.05"));
    redisFree(all[n]);
  }
  redisFree(other);
}

static void publishSubscribe(void) {
  redisContext *all[kClients], *c = login();
  for (int n = 0; n < kClients; ++n) {
    all[n] = login();
    freeReplyObject(call(all[n], "SUBSCRIBE news"));
  }
  // Behind a gateway Redis counts the gateway's connections, of which one may serve many subscribers.
  redisReply* heard = call(c, "PUBLISH news hello");
  if (heard->integer < 1 || heard->integer > kClients) fail("%lld for %d", heard->integer, kClients);
  freeReplyObject(heard);
  for (int n = 0; n < kClients; ++n) {
    redisReply* said = next(all[n]);
    if (said->elements != 3 || strcmp(said->element[2]->str, "hello") != 0) fail("message of %d", n);
    freeReplyObject(said);
    freeReplyObject(call(all[n], "UNSUBSCRIBE news"));
    expectNothing(call(all[n], "GET none"));
    redisFree(all[n]);
  }
  redisFree(c);
}

static void scripts(void) {
  redisContext *c = login(), *other = login();
  expect(call(c, "SCRIPT FLUSH"), "OK");
  expectError(call(c, "EVALSHA %s 0", "ffffffffffffffffffffffffffffffffffffffff"), "NOSCRIPT");
  redisReply* sha = call(c, "SCRIPT LOAD %s", "return redis.call('incrby', KEYS[1], ARGV[1])");
  expectInteger(call(c, "EVALSHA %s 1 script 2", sha->str), 2);
  expectInteger(call(other, "EVALSHA %s 1 script 3", sha->str), 5);
  freeReplyObject(sha);
  redisFree(c);
  redisFree(other);
}

static void databases(void) {
  redisContext* c = login();
  for (int n = 0; n < 3; ++n) {
    expect(call(c, "SELECT %d", n), "OK");
    expect(call(c, "SET database %d", n), "OK");
  }
  for (int n = 0; n < 3; ++n) {
    char expected[2] = {(char)('0' + n), '\0'};
    expect(call(c, "SELECT %d", n), "OK");
    expect(call(c, "GET database"), expected);
  }
  redisFree(c);
}

static void scan(void) {
  redisContext* c = login();
  for (int n = 0; n < 1000; ++n) redisAppendCommand(c, "SET scanned:%d v", n);
  for (int n = 0; n < 1000; ++n) expect(next(c), "OK");
  size_t found = 0;
  char cursor[32] = "0";
  do {
    redisReply* part = call(c, "SCAN %s MATCH scanned:* COUNT 100", cursor);
    found += part->element[1]->elements;
    snprintf(cursor, sizeof cursor, "%s", part->element[0]->str);
    freeReplyObject(part);
  } while (strcmp(cursor, "0") != 0);
  if (found < 1000) fail("%zu keys", found);
  redisFree(c);
}

static void largeAndBinaryValues(void) {
  redisContext* c = login();
  const size_t sizes[] = {0, 1, 65536, 1000000, 20000000};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; ++i) {
    char* value = malloc(sizes[i] + 1);
    for (size_t at = 0; at < sizes[i]; ++at) value[at] = (char)(at * at / 7);
    expect(call(c, "SET %b %b", "\0\r\n", (size_t)3, value, sizes[i]), "OK");
    expectBytes(call(c, "GET %b", "\0\r\n", (size_t)3), value, sizes[i]);
    free(value);
  }
  redisFree(c);
}

static void reconnect(void) {
  redisContext* c = login();
  const long long before = numberOf(c);
  expectInteger(call(c, "CLIENT KILL ID %lld SKIPME no", before), 1);
  if (redisCommand(c, "PING")) fail("it is still connected");
  if (redisReconnect(c) != REDIS_OK) fail("no way back: %s", c->errstr);
  expect(call(c, "AUTH %s %s", user, password), "OK");
  if (numberOf(c) == before) fail("the same connection");
  redisFree(c);
}

static void manyClients(void) {
  enum { kMany = 100 };
  redisContext* all[kMany];
  for (int n = 0; n < kMany; ++n) all[n] = login();
  for (int turn = 0; turn < 20; ++turn) {
    for (int n = 0; n < kMany; ++n) {
      redisAppendCommand(all[n], "SET load:%d %d:%d", n, n, turn);
      redisAppendCommand(all[n], "GET load:%d", n);
      flush(all[n]);
    }
    for (int n = kMany - 1; n >= 0; --n) {
      char expected[32];
      snprintf(expected, sizeof expected, "%d:%d", n, turn);
      expect(next(all[n]), "OK");
      expect(next(all[n]), expected);
    }
  }
  for (int n = 0; n < kMany; ++n) redisFree(all[n]);
}

// ---- Running them ----

static const struct {
  const char* name;
  void (*run)(void);
} kChecks[] = {
    {"login", loginAndRefusal},
    {"commands", commands},
    {"pipeline", pipeline},
    {"pipeline_with_an_error_in_the_middle", pipelineWithAnError},
    {"transaction", transaction},
    {"blocking_pops_of_many_clients", blockingPops},
    {"publish_subscribe", publishSubscribe},
    {"scripts", scripts},
    {"databases", databases},
    {"scan", scan},
    {"large_values", largeAndBinaryValues},
    {"reconnect", reconnect},
    {"many_clients", manyClients},
};

static int wanted(const char* name) {
  const char* only = getenv("CHECKS");
  if (!only) return 1;
  const size_t size = strlen(name);
  for (const char* at = only; (at = strstr(at, name)); at += size) {
    if ((at == only || at[-1] == ',') && (at[size] == ',' || at[size] == '\0')) return 1;
  }
  return 0;
}

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  printf("# hiredis %d.%d.%d\n", HIREDIS_MAJOR, HIREDIS_MINOR, HIREDIS_PATCH);
  const char* url = getenv("REDIS_URL");
  if (!url || sscanf(url, "redis://%127[^:]:%127[^@]@%255[^:]:%d", user, password, host, &port) != 4)
    return 1;
  int ran = 0, held = 0;
  for (size_t i = 0; i < sizeof kChecks / sizeof *kChecks; ++i) {
    if (!wanted(kChecks[i].name)) continue;
    ++ran;
    alarm(kPatience);  // what hangs longer has failed, and no later check could be trusted
    if (setjmp(failed) == 0) {
      kChecks[i].run();
      ++held;
      printf("ok %s\n", kChecks[i].name);
    } else {
      printf("not ok %s: %s\n", kChecks[i].name, why);
    }
  }
  return ran > 0 && ran == held ? 0 : 1;
}
