import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Pipeline;
import redis.clients.jedis.Response;
import redis.clients.jedis.StreamEntryID;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.params.ScanParams;
import redis.clients.jedis.params.SetParams;
import redis.clients.jedis.params.XReadGroupParams;
import redis.clients.jedis.resps.ScanResult;
import redis.clients.jedis.resps.StreamEntry;
import redis.clients.jedis.resps.Tuple;

/** Commands of every type of value, pipelines, scripts, and values that are large or anything but text. */
final class Data {
  static void addTo(Checks checks) {
    Clients.addEachWay(checks, "login", clients -> Checks.equal(clients.connect().aclWhoAmI(), "app", "user"));
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
  }

  private static void loginRefused(Clients clients) throws Exception {
    Clients.fails("WRONGPASS", () -> clients.connect(clients.config().password("wrong")).ping());
    Clients.fails("WRONGPASS", () -> clients.connect(clients.config().user("nobody")).ping());
  }

  private static void commands(Clients clients) throws Exception {
    Jedis c = clients.connect();
    String string = Clients.fresh("string");
    Checks.equal(c.set(string, "v", SetParams.setParams().ex(100)), "OK", "SET");
    Checks.equal(c.get(string), "v", "GET");
    Checks.equal(c.set(string, "w", SetParams.setParams().nx()), null, "SET NX");
    Checks.equal(c.get(Clients.fresh("none")), null, "GET of nothing");
    Checks.equal(c.incrBy(Clients.fresh("number"), 41), 41L, "INCRBY");
    String hash = Clients.fresh("hash");
    Checks.equal(c.hset(hash, Map.of("a", "1", "b", "2")), 2L, "HSET");
    Checks.equal(c.hgetAll(hash), Map.of("a", "1", "b", "2"), "HGETALL");
    String list = Clients.fresh("list");
    Checks.equal(c.rpush(list, "a", "b", "c"), 3L, "RPUSH");
    Checks.equal(c.lrange(list, 0, -1), List.of("a", "b", "c"), "LRANGE");
    String set = Clients.fresh("set");
    Checks.equal(c.sadd(set, "a", "b"), 2L, "SADD");
    Checks.equal(c.smembers(set), Set.of("a", "b"), "SMEMBERS");
    String sorted = Clients.fresh("sorted");
    Checks.equal(c.zadd(sorted, Map.of("a", 1.5, "b", 2.0)), 2L, "ZADD");
    List<Tuple> expected = List.of(new Tuple("a", 1.5), new Tuple("b", 2.0));
    Checks.equal(c.zrangeWithScores(sorted, 0, -1), expected, "ZRANGE");
    Clients.fails("WRONGTYPE", () -> c.get(list));
  }

  private static void streams(Clients clients) {
    Jedis c = clients.connect();
    String key = Clients.fresh("stream");
    List<StreamEntryID> ids = new ArrayList<>();
    for (int n = 0; n < 3; ++n) {
      ids.add(c.xadd(key, StreamEntryID.NEW_ENTRY, Map.of("n", String.valueOf(n))));
    }
    c.xgroupCreate(key, "workers", new StreamEntryID(), false);
    List<StreamEntry> read = c.xreadGroup("workers", "one", XReadGroupParams.xReadGroupParams().count(2),
        Map.of(key, StreamEntryID.XREADGROUP_UNDELIVERED_ENTRY)).get(0).getValue();
    Checks.equal(read.stream().map(StreamEntry::getID).toList(), ids.subList(0, 2), "entries");
    Checks.equal(c.xack(key, "workers", ids.get(0), ids.get(1)), 2L, "XACK");
    Checks.equal(c.xpending(key, "workers").getTotal(), 0L, "pending");
  }

  private static void pipeline(Clients clients) {
    Jedis c = clients.connect();
    Jedis other = clients.connect();
    for (int round = 0; round < 3; ++round) {
      String key = Clients.fresh("pipeline");
      Pipeline batch = c.pipelined();
      List<Response<String>> replies = new ArrayList<>();
      for (int n = 0; n < 500; ++n) {
        batch.set(key + n, String.valueOf(n));
        replies.add(batch.get(key + n));
      }
      batch.sync();
      for (int n = 0; n < 500; ++n) {
        Checks.equal(replies.get(n).get(), String.valueOf(n), "GET");
        Checks.equal(other.get(key + n), String.valueOf(n), "GET of another client");
      }
    }
  }

  private static void pipelineWithAnError(Clients clients) {
    Pipeline batch = clients.connect().pipelined();
    String key = Clients.fresh("error");
    batch.set(key, "v");
    batch.lpush(key, "x");
    batch.get(key);
    List<Object> replies = batch.syncAndReturnAll();
    Checks.equal(replies.get(0), "OK", "SET");
    Checks.equal(((JedisDataException) replies.get(1)).getMessage().startsWith("WRONGTYPE"), true, "LPUSH");
    Checks.equal(replies.get(2), "v", "GET");
  }

  private static void scripts(Clients clients) throws Exception {
    Jedis c = clients.connect();
    Jedis other = clients.connect();
    String key = Clients.fresh("script");
    String add = "return redis.call('incrby', KEYS[1], ARGV[1])";
    c.scriptFlush();
    Clients.fails("NOSCRIPT", () -> c.evalsha("f".repeat(40), 0));
    String sha = other.scriptLoad(add);
    Checks.equal(c.evalsha(sha, 1, key, "2"), 2L, "EVALSHA");
    Checks.equal(other.evalsha(sha, 1, key, "3"), 5L, "EVALSHA of another client");
    Checks.equal(c.scriptExists(sha, "f".repeat(40)), List.of(true, false), "SCRIPT EXISTS");
    Checks.equal(c.eval("return {1, 'two'}"), List.of(1L, "two"), "EVAL");
    Clients.fails("ERR mine", () -> c.eval("return redis.error_reply('mine')"));
  }

  private static void functions(Clients clients) {
    Jedis c = clients.connect();
    c.functionLoadReplace("#!lua name=ours\n"
        + "redis.register_function('twice', function(keys, args) return args[1] * 2 end)");
    Checks.equal(c.fcall("twice", List.of(), List.of("21")), 42L, "FCALL");
  }

  private static void scan(Clients clients) {
    Jedis c = clients.connect();
    String prefix = Clients.fresh("scanned");
    Pipeline batch = c.pipelined();
    for (int n = 0; n < 1000; ++n) {
      batch.set(prefix + ":" + n, "v");
    }
    batch.sync();
    Set<String> found = new HashSet<>();
    String cursor = ScanParams.SCAN_POINTER_START;
    do {
      ScanResult<String> part = c.scan(cursor, new ScanParams().match(prefix + ":*").count(100));
      found.addAll(part.getResult());
      cursor = part.getCursor();
    } while (!cursor.equals(ScanParams.SCAN_POINTER_START));
    Checks.equal(found.size(), 1000, "keys");
  }

  private static void largeValues(Clients clients) {
    for (int size : new int[] {65_536, 1_000_000, 20_000_000}) {
      byte[] key = Clients.fresh("large").getBytes(StandardCharsets.UTF_8);
      byte[] value = new byte[size];
      new Random(size).nextBytes(value);
      Checks.equal(clients.connect().set(key, value), "OK", "SET");
      Checks.equal(Arrays.equals(clients.connect().get(key), value), true, "as it was");
      clients.connect().del(key);
    }
  }

  private static void binaryKeys(Clients clients) {
    Jedis c = clients.connect();
    for (String text : List.of("", "\0", "\r\n", "$3\r\nfoo\r\n", "\u00ff\u00fe", " ".repeat(1000))) {
      byte[] key = text.getBytes(StandardCharsets.ISO_8859_1);
      byte[] value = text.getBytes(StandardCharsets.UTF_16);
      Checks.equal(c.set(key, value), "OK", "SET");
      Checks.equal(Arrays.equals(c.get(key), value), true, "as it was");
      Checks.equal(c.del(key), 1L, "DEL");
    }
  }

  private static void manyArguments(Clients clients) {
    Jedis c = clients.connect();
    String prefix = Clients.fresh("many");
    String[] keys = new String[10_000];
    String[] pairs = new String[20_000];
    for (int n = 0; n < keys.length; ++n) {
      keys[n] = pairs[2 * n] = pairs[2 * n + 1] = prefix + ":" + n;
    }
    Checks.equal(c.mset(pairs), "OK", "MSET");
    Checks.equal(c.mget(keys), List.of(keys), "MGET");
    Checks.equal(c.del(keys), 10_000L, "DEL");
  }
}
