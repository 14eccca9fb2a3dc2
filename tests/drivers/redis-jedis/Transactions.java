import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Protocol;
import redis.clients.jedis.Transaction;
import redis.clients.jedis.exceptions.JedisDataException;

/** MULTI, EXEC, DISCARD and WATCH. */
final class Transactions {
  static void addTo(Checks checks) {
    Clients.addEachWay(checks, "transaction", Transactions::transaction);
    Clients.addEachWay(checks, "transaction_with_an_error", Transactions::withAnError);
    Clients.addEachWay(checks, "transaction_discarded", Transactions::discarded);
    Clients.addEachWay(checks, "watch", Transactions::watch);
    Clients.addEachWay(checks, "watch_by_many", Transactions::watchByMany);
  }

  private static void transaction(Clients clients) {
    Jedis c = clients.connect();
    Jedis other = clients.connect();
    for (int round = 0; round < 3; ++round) {
      String key = Clients.fresh("transaction");
      Transaction batch = c.multi();
      batch.set(key, "1");
      batch.incr(key);
      batch.get(key);
      Checks.equal(batch.exec(), List.of("OK", 2L, "2"), "EXEC");
      Checks.equal(other.get(key), "2", "GET of another client");
    }
  }

  private static void withAnError(Clients clients) throws Exception {
    Jedis c = clients.connect();
    String key = Clients.fresh("transaction");
    Transaction batch = c.multi();
    batch.set(key, "v");
    batch.incr(key);
    List<Object> replies = batch.exec();
    Checks.equal(replies.get(0), "OK", "SET");
    Checks.equal(replies.get(1) instanceof JedisDataException, true, "INCR refused");
    c.sendCommand(Protocol.Command.MULTI);
    c.sendCommand(Protocol.Command.SET, key, "w");
    Clients.fails("ERR", () -> c.sendCommand(Protocol.Command.GET));
    Clients.fails("EXECABORT", () -> c.sendCommand(Protocol.Command.EXEC));
    Checks.equal(c.get(key), "v", "GET");
  }

  private static void discarded(Clients clients) throws Exception {
    Jedis c = clients.connect();
    String key = Clients.fresh("transaction");
    Transaction batch = c.multi();
    batch.set(key, "v");
    Checks.equal(batch.discard(), "OK", "DISCARD");
    Checks.equal(c.get(key), null, "GET");
    Clients.fails("ERR EXEC without MULTI", () -> c.sendCommand(Protocol.Command.EXEC));
  }

  private static void watch(Clients clients) {
    Jedis c = clients.connect();
    Jedis other = clients.connect();
    for (boolean meddled : new boolean[] {true, false, true}) {
      String key = Clients.fresh("watched");
      c.watch(key);
      Checks.equal(c.get(key), null, "GET");
      if (meddled) {
        other.set(key, "theirs");
      }
      Transaction batch = c.multi();
      batch.set(key, "ours");
      Checks.equal(batch.exec(), meddled ? null : List.of("OK"), "EXEC");
      Checks.equal(c.get(key), meddled ? "theirs" : "ours", "GET");
    }
  }

  private static void watchByMany(Clients clients) {
    String key = Clients.fresh("counted");
    List<CompletableFuture<Boolean>> all = new ArrayList<>();
    for (int n = 0; n < 4; ++n) {
      Jedis c = clients.connect();
      all.add(Clients.meanwhile(() -> {
        for (int done = 0; done < 25;) {
          done += addOne(c, key) ? 1 : 0;
        }
        return true;
      }));
    }
    all.forEach(CompletableFuture::join);
    Checks.equal(clients.connect().get(key), "100", "GET");
  }

  /** False when somebody was quicker. */
  private static boolean addOne(Jedis c, String key) {
    c.watch(key);
    String now = c.get(key);
    Transaction batch = c.multi();
    batch.set(key, String.valueOf(now == null ? 1 : Integer.parseInt(now) + 1));
    return batch.exec() != null;
  }
}
