import io.lettuce.core.Consumer;
import io.lettuce.core.KeyValue;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanIterator;
import io.lettuce.core.ScoredValue;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.SetArgs;
import io.lettuce.core.StreamMessage;
import io.lettuce.core.TrackingArgs;
import io.lettuce.core.XReadArgs;
import io.lettuce.core.XReadArgs.StreamOffset;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.protocol.ProtocolVersion;
import io.lettuce.core.support.caching.CacheAccessor;
import io.lettuce.core.support.caching.CacheFrontend;
import io.lettuce.core.support.caching.ClientSideCaching;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Commands of every type of value, pipelines, scripts, and values that are large or anything but text. */
final class Data {
  static void addTo(Checks checks) {
    Clients.addEachWay(checks, "login", clients -> Checks.equal(clients.connect().aclWhoami(), "app", "user"));
    Clients.addEachWay(checks, "login_refused", Data::loginRefused);
    Clients.addEachWay(checks, "commands", Data::commands);
    Clients.addEachWay(checks, "streams", Data::streams);
    Clients.addEachWay(checks, "pipeline", Data::pipeline);
    Clients.addEachWay(checks, "pipeline_with_an_error_in_the_middle", Data::pipelineWithAnError);
    Clients.addEachWay(checks, "scripts", Data::scripts);
    Clients.addEachWay(checks, "functions", Data::functions);
    Clients.addEachWay(checks, "scan", Data::scan);
    Clients.addEachWay(checks, "large_values", Data::largeValues);
    Clients.addEachWay(checks, "binary_keys", Data::binaryKeys);
    Clients.addEachWay(checks, "many_arguments", Data::manyArguments);
    Clients.addOf(checks, ProtocolVersion.RESP3, "tracking", Data::tracking);
  }

  private static void loginRefused(Clients clients) throws Exception {
    var wrong = Clients.url();
    wrong.setAuthentication("app", "wrong");
    Clients.fails("WRONGPASS", () -> clients.connect(wrong));
    wrong.setAuthentication("nobody", "wrong");
    Clients.fails("WRONGPASS", () -> clients.connect(wrong));
  }

  private static void commands(Clients clients) throws Exception {
    RedisCommands<String, String> c = clients.connect();
    String string = Clients.fresh("string");
    Checks.equal(c.set(string, "v", SetArgs.Builder.ex(100)), "OK", "SET");
    Checks.equal(c.get(string), "v", "GET");
    Checks.equal(c.set(string, "w", SetArgs.Builder.nx()), null, "SET NX");
    Checks.equal(c.get(Clients.fresh("none")), null, "GET of nothing");
    Checks.equal(c.incrby(Clients.fresh("number"), 41), 41L, "INCRBY");
    String hash = Clients.fresh("hash");
    Checks.equal(c.hset(hash, Map.of("a", "1", "b", "2")), 2L, "HSET");
    Checks.equal(c.hgetall(hash), Map.of("a", "1", "b", "2"), "HGETALL");
    String list = Clients.fresh("list");
    Checks.equal(c.rpush(list, "a", "b", "c"), 3L, "RPUSH");
    Checks.equal(c.lrange(list, 0, -1), List.of("a", "b", "c"), "LRANGE");
    String set = Clients.fresh("set");
    Checks.equal(c.sadd(set, "a", "b"), 2L, "SADD");
    Checks.equal(c.smembers(set), Set.of("a", "b"), "SMEMBERS");
    String sorted = Clients.fresh("sorted");
    c.zadd(sorted, 1.5, "a");
    Checks.equal(c.zrangeWithScores(sorted, 0, -1), List.of(ScoredValue.just(1.5, "a")), "ZRANGE");
    Clients.fails("WRONGTYPE", () -> c.get(list));
  }

  @SuppressWarnings("unchecked")
  private static void streams(Clients clients) {
    RedisCommands<String, String> c = clients.connect();
    String key = Clients.fresh("stream");
    List<String> ids = new ArrayList<>();
    for (int n = 0; n < 3; ++n) {
      ids.add(c.xadd(key, Map.of("n", String.valueOf(n))));
    }
    c.xgroupCreate(StreamOffset.from(key, "0"), "workers");
    List<StreamMessage<String, String>> read = c.xreadgroup(Consumer.from("workers", "one"),
        XReadArgs.Builder.count(2), StreamOffset.lastConsumed(key));
    Checks.equal(read.stream().map(StreamMessage::getId).toList(), ids.subList(0, 2), "entries");
    Checks.equal(c.xack(key, "workers", ids.get(0), ids.get(1)), 2L, "XACK");
    Checks.equal(c.xpending(key, "workers").getCount(), 0L, "pending");
  }

  private static void pipeline(Clients clients) throws Exception {
    RedisAsyncCommands<String, String> c = clients.connection().async();
    RedisCommands<String, String> other = clients.connect();
    for (int round = 0; round < 3; ++round) {
      String key = Clients.fresh("pipeline");
      List<RedisFuture<String>> replies = new ArrayList<>();
      for (int n = 0; n < 500; ++n) {
        c.set(key + n, String.valueOf(n));
        replies.add(c.get(key + n));
      }
      for (int n = 0; n < 500; ++n) {
        Checks.equal(replies.get(n).get(), String.valueOf(n), "GET");
        Checks.equal(other.get(key + n), String.valueOf(n), "GET of another client");
      }
    }
  }

  private static void pipelineWithAnError(Clients clients) throws Exception {
    RedisAsyncCommands<String, String> c = clients.connection().async();
    String key = Clients.fresh("error");
    RedisFuture<String> set = c.set(key, "v");
    RedisFuture<Long> push = c.lpush(key, "x");
    RedisFuture<String> got = c.get(key);
    Checks.equal(set.get(), "OK", "SET");
    Checks.equal(got.get(), "v", "GET");
    Checks.equal(push.getError().startsWith("WRONGTYPE"), true, "LPUSH refused");
  }

  private static void scripts(Clients clients) throws Exception {
    RedisCommands<String, String> c = clients.connect();
    RedisCommands<String, String> other = clients.connect();
    String[] key = {Clients.fresh("script")};
    c.scriptFlush();
    Clients.fails("NOSCRIPT", () -> c.evalsha("f".repeat(40), ScriptOutputType.INTEGER));
    String sha = other.scriptLoad("return redis.call('incrby', KEYS[1], ARGV[1])");
    Checks.equal(c.evalsha(sha, ScriptOutputType.INTEGER, key, "2"), 2L, "EVALSHA");
    Checks.equal(other.evalsha(sha, ScriptOutputType.INTEGER, key, "3"), 5L, "EVALSHA of another client");
    Checks.equal(c.scriptExists(sha, "f".repeat(40)), List.of(true, false), "SCRIPT EXISTS");
    Checks.equal(c.eval("return {1, 'two'}", ScriptOutputType.MULTI), List.of(1L, "two"), "EVAL");
    Clients.fails("ERR mine", () -> c.eval("return redis.error_reply('mine')", ScriptOutputType.VALUE));
  }

  private static void functions(Clients clients) {
    RedisCommands<String, String> c = clients.connect();
    c.functionLoad("#!lua name=ours\n"
        + "redis.register_function('twice', function(keys, args) return args[1] * 2 end)", true);
    Checks.equal(c.fcall("twice", ScriptOutputType.INTEGER, new String[0], "21"), 42L, "FCALL");
  }

  private static void scan(Clients clients) {
    RedisCommands<String, String> c = clients.connect();
    String prefix = Clients.fresh("scanned");
    for (int n = 0; n < 1000; ++n) {
      c.set(prefix + ":" + n, "v");
    }
    Set<String> found = new HashSet<>();
    ScanIterator.scan(c, ScanArgs.Builder.matches(prefix + ":*").limit(100)).forEachRemaining(found::add);
    Checks.equal(found.size(), 1000, "keys");
  }

  private static void largeValues(Clients clients) {
    RedisCommands<byte[], byte[]> c = clients.connectForBytes();
    RedisCommands<byte[], byte[]> other = clients.connectForBytes();
    for (int size : new int[] {65_536, 1_000_000, 20_000_000}) {
      byte[] key = Clients.fresh("large").getBytes(StandardCharsets.UTF_8);
      byte[] value = new byte[size];
      new Random(size).nextBytes(value);
      Checks.equal(c.set(key, value), "OK", "SET");
      Checks.equal(Arrays.equals(other.get(key), value), true, "as it was");
      c.del(key);
    }
  }

  private static void binaryKeys(Clients clients) {
    RedisCommands<byte[], byte[]> c = clients.connectForBytes();
    for (String text : List.of("", "\0", "\r\n", "$3\r\nfoo\r\n", "\u00ff\u00fe", " ".repeat(1000))) {
      byte[] key = text.getBytes(StandardCharsets.ISO_8859_1);
      byte[] value = text.getBytes(StandardCharsets.UTF_16);
      Checks.equal(c.set(key, value), "OK", "SET");
      Checks.equal(Arrays.equals(c.get(key), value), true, "as it was");
      Checks.equal(c.del(key), 1L, "DEL");
    }
  }

  private static void manyArguments(Clients clients) {
    RedisCommands<String, String> c = clients.connect();
    String prefix = Clients.fresh("many");
    Map<String, String> pairs = new LinkedHashMap<>();
    for (int n = 0; n < 10_000; ++n) {
      pairs.put(prefix + ":" + n, prefix + ":" + n);
    }
    String[] keys = pairs.keySet().toArray(new String[0]);
    Checks.equal(c.mset(pairs), "OK", "MSET");
    Checks.equal(c.mget(keys).stream().map(KeyValue::getValue).toList(), List.of(keys), "MGET");
    Checks.equal(c.del(keys), 10_000L, "DEL");
  }

  /** The driver's own cache: CLIENT TRACKING, and pushes that say what has changed. */
  private static void tracking(Clients clients) throws Exception {
    StatefulRedisConnection<String, String> c = clients.connection();
    Map<String, String> kept = new ConcurrentHashMap<>();
    CacheFrontend<String, String> cache =
        ClientSideCaching.enable(CacheAccessor.forMap(kept), c, TrackingArgs.Builder.enabled());
    String key = Clients.fresh("cached");
    for (String value : List.of("first", "second", "third")) {
      clients.connect().set(key, value);
      Clients.eventually(() -> value.equals(cache.get(key)));
      Checks.equal(kept, Map.of(key, value), "cache");
    }
  }
}
