import io.lettuce.core.TransactionResult;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** MULTI, EXEC, DISCARD and WATCH. */
final class Transactions {
  static void addTo(Checks checks) {
    Clients.addEachWay(checks, "transaction", Transactions::transaction);
    Clients.addEachWay(checks, "transaction_with_an_error", Transactions::withAnError);
    Clients.addEachWay(checks, "transaction_discarded", Transactions::discarded);
    Clients.addEachWay(checks, "watch", Transactions::watch);
    Clients.addEachWay(checks, "watch_by_many", Transactions::watchByMany);
  }

  private static List<Object> replies(TransactionResult result) {
    return result.stream().toList();
  }

  private static void transaction(Clients clients) {
    RedisCommands<String, String> c = clients.connect();
    RedisCommands<String, String> other = clients.connect();
    for (int round = 0; round < 3; ++round) {
      String key = Clients.fresh("transaction");
      c.multi();
      c.set(key, "1");
      c.incr(key);
      c.get(key);
      Checks.equal(replies(c.exec()), List.of("OK", 2L, "2"), "EXEC");
      Checks.equal(other.get(key), "2", "GET of another client");
    }
  }

  private static void withAnError(Clients clients) throws Exception {
    RedisCommands<String, String> c = clients.connect();
    String key = Clients.fresh("transaction");
    c.multi();
    c.set(key, "v");
    c.incr(key);
    List<Object> replies = replies(c.exec());
    Checks.equal(replies.get(0), "OK", "SET");
    Checks.equal(replies.get(1) instanceof Exception, true, "INCR refused");
    c.multi();
    c.set(key, "w");
    c.dispatch(CommandType.GET, new StatusOutput<>(StringCodec.UTF8), new CommandArgs<>(StringCodec.UTF8));
    Clients.fails("EXECABORT", c::exec);
    Checks.equal(c.get(key), "v", "GET");
  }

  private static void discarded(Clients clients) throws Exception {
    RedisCommands<String, String> c = clients.connect();
    String key = Clients.fresh("transaction");
    c.multi();
    c.set(key, "v");
    Checks.equal(c.discard(), "OK", "DISCARD");
    Checks.equal(c.get(key), null, "GET");
  }

  private static void watch(Clients clients) {
    RedisCommands<String, String> c = clients.connect();
    RedisCommands<String, String> other = clients.connect();
    for (boolean meddled : new boolean[] {true, false, true}) {
      String key = Clients.fresh("watched");
      c.watch(key);
      Checks.equal(c.get(key), null, "GET");
      if (meddled) {
        other.set(key, "theirs");
      }
      c.multi();
      c.set(key, "ours");
      Checks.equal(c.exec().wasDiscarded(), meddled, "discarded");
      Checks.equal(c.get(key), meddled ? "theirs" : "ours", "GET");
    }
  }

  private static void watchByMany(Clients clients) {
    String key = Clients.fresh("counted");
    List<CompletableFuture<Void>> all = new ArrayList<>();
    for (int n = 0; n < 4; ++n) {
      RedisCommands<String, String> c = clients.connect();
      all.add(CompletableFuture.runAsync(() -> {
        for (int done = 0; done < 25;) {
          done += addOne(c, key) ? 1 : 0;
        }
      }, Clients.THREADS));
    }
    all.forEach(CompletableFuture::join);
    Checks.equal(clients.connect().get(key), "100", "GET");
  }

  /** False when somebody was quicker. */
  private static boolean addOne(RedisCommands<String, String> c, String key) {
    c.watch(key);
    String now = c.get(key);
    c.multi();
    c.set(key, String.valueOf(now == null ? 1 : Integer.parseInt(now) + 1));
    return !c.exec().wasDiscarded();
  }
}
