import io.lettuce.core.KillArgs;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.api.sync.RedisCommands;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** What belongs to one client and to nobody else: its database and its name; coming back; and many at once. */
final class Sessions {
  static void addTo(Checks checks) {
    Clients.addEachWay(checks, "databases", Sessions::databases);
    Clients.addEachWay(checks, "names_and_numbers", Sessions::namesAndNumbers);
    Clients.addEachWay(checks, "reconnect", Sessions::reconnect);
    Clients.addEachWay(checks, "many_clients", Sessions::manyClients);
    Clients.addEachWay(checks, "one_connection_of_many_threads", Sessions::oneConnection);
  }

  private static void databases(Clients clients) {
    String key = Clients.fresh("database");
    List<RedisCommands<String, String>> all = new ArrayList<>();
    for (int n = 0; n < 3; ++n) {
      RedisURI url = Clients.url();
      url.setDatabase(n);
      all.add(clients.connect(url));
      all.get(n).set(key, "in " + n);
    }
    for (int n = 0; n < 3; ++n) {
      Checks.equal(all.get(n).get(key), "in " + n, "GET");
    }
    for (int n : new int[] {1, 2, 0}) {
      all.get(0).select(n);
      Checks.equal(all.get(0).get(key), "in " + n, "GET after SELECT");
    }
  }

  private static void namesAndNumbers(Clients clients) {
    List<RedisCommands<String, String>> all = new ArrayList<>();
    Set<Long> ids = new HashSet<>();
    for (int n = 0; n < Clients.MANY; ++n) {
      RedisURI url = Clients.url();
      url.setClientName("name" + n);
      all.add(clients.connect(url));
    }
    for (int n = 0; n < Clients.MANY; ++n) {
      Checks.equal(all.get(n).clientGetname(), "name" + n, "CLIENT GETNAME");
      ids.add(all.get(n).clientId());
    }
    Checks.equal(ids.size(), Clients.MANY, "different numbers");
  }

  private static void reconnect(Clients clients) throws Exception {
    RedisURI url = Clients.url();
    url.setDatabase(1);
    RedisCommands<String, String> c = clients.connect(url);
    String key = Clients.fresh("kept");
    c.set(key, "v");
    for (int round = 0; round < 3; ++round) {
      long before = c.clientId();
      Checks.equal(c.clientKill(new KillArgs().id(before).skipme(false)), 1L, "CLIENT KILL");
      Clients.eventually(() -> {
        try {
          return c.clientId() != before;
        } catch (RedisException lost) {
          return false;  // it was on its way when the connection ended
        }
      });
      Checks.equal(c.get(key), "v", "GET in the same database");
    }
  }

  private static void manyClients(Clients clients) {
    String prefix = Clients.fresh("load");
    List<CompletableFuture<Void>> all = new ArrayList<>();
    for (int n = 0; n < 100; ++n) {
      String key = prefix + ":" + n;
      all.add(turn(clients.connection().async(), key, 40));
    }
    all.forEach(CompletableFuture::join);
  }

  /** So many turns, one after another. */
  private static CompletableFuture<Void> turn(RedisAsyncCommands<String, String> c, String key, int left) {
    if (left == 0) {
      return CompletableFuture.completedFuture(null);
    }
    String value = key + " " + left;
    c.set(key, value);
    CompletableFuture<String> said = c.echo(value).toCompletableFuture();
    return said.thenCombine(c.get(key), (echoed, kept) -> {
      Checks.equal(List.of(echoed, kept), List.of(value, value), "replies");
      return left - 1;
    }).thenCompose(rest -> turn(c, key, rest));
  }

  private static void oneConnection(Clients clients) {
    RedisCommands<String, String> c = clients.connect();
    String key = Clients.fresh("shared");
    List<CompletableFuture<Void>> all = new ArrayList<>();
    for (int n = 0; n < 10; ++n) {
      all.add(CompletableFuture.runAsync(() -> {
        for (int turn = 0; turn < 100; ++turn) {
          c.incr(key);
        }
      }, Clients.THREADS));
    }
    all.forEach(CompletableFuture::join);
    Checks.equal(c.get(key), "1000", "GET");
  }
}
