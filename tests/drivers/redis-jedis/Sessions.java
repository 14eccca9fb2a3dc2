import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Pipeline;
import redis.clients.jedis.Protocol;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.Response;
import redis.clients.jedis.exceptions.JedisConnectionException;

/** What belongs to one client and to nobody else: its database and its name; coming back; and many at once. */
final class Sessions {
  static void addTo(Checks checks) {
    Clients.addEachWay(checks, "databases", Sessions::databases);
    Clients.addEachWay(checks, "names_and_numbers", Sessions::namesAndNumbers);
    Clients.addEachWay(checks, "reconnect", Sessions::reconnect);
    Clients.addEachWay(checks, "many_clients", Sessions::manyClients);
    Clients.addEachWay(checks, "one_pool_of_connections", Sessions::onePool);
  }

  private static void databases(Clients clients) {
    String key = Clients.fresh("database");
    List<Jedis> all = new ArrayList<>();
    for (int n = 0; n < 3; ++n) {
      all.add(clients.connect(clients.config().database(n)));
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
    List<Jedis> all = new ArrayList<>();
    Set<Long> ids = new HashSet<>();
    for (int n = 0; n < Clients.MANY; ++n) {
      all.add(clients.connect(clients.config().clientName("name" + n)));
    }
    for (int n = 0; n < Clients.MANY; ++n) {
      Checks.equal(all.get(n).clientGetname(), "name" + n, "CLIENT GETNAME");
      ids.add(all.get(n).clientId());
    }
    Checks.equal(ids.size(), Clients.MANY, "different numbers");
  }

  private static String client(RedisClient c, String... words) {
    CommandArguments arguments = new CommandArguments(Protocol.Command.CLIENT);
    return String.valueOf(c.executeCommand(arguments.addObjects((Object[]) words)));
  }

  /** The pool puts a new connection in place of the one that is gone. */
  private static void reconnect(Clients clients) throws Exception {
    RedisClient c = clients.pool(clients.config().database(1), 1);
    String key = Clients.fresh("kept");
    c.set(key, "v");
    for (int round = 0; round < 3; ++round) {
      String before = client(c, "ID");
      Checks.equal(client(c, "KILL", "ID", before, "SKIPME", "no"), "1", "CLIENT KILL");
      Clients.eventually(() -> {
        try {
          return c.get(key).equals("v"); // in the same database
        } catch (JedisConnectionException once) {
          return false;
        }
      });
      String after = client(c, "ID");
      Checks.equal(after.equals(before), false, "the same connection");
    }
  }

  private static boolean work(Jedis c, String key, int number) {
    for (int turn = 0; turn < 40; ++turn) {
      String value = number + ":" + turn;
      Pipeline batch = c.pipelined();
      batch.set(key, value);
      Response<String> kept = batch.get(key);
      batch.sync();
      Checks.equal(kept.get(), value, "GET");
      Checks.equal(c.echo(value), value, "ECHO");
    }
    return true;
  }

  private static void manyClients(Clients clients) {
    String prefix = Clients.fresh("load");
    List<CompletableFuture<Boolean>> all = new ArrayList<>();
    for (int n = 0; n < 100; ++n) {
      int number = n;
      Jedis c = clients.connect();
      all.add(Clients.meanwhile(() -> work(c, prefix + ":" + number, number)));
    }
    all.forEach(CompletableFuture::join);
  }

  private static void onePool(Clients clients) {
    RedisClient pool = clients.pool(clients.config(), 8);
    String key = Clients.fresh("shared");
    List<CompletableFuture<Boolean>> all = new ArrayList<>();
    for (int n = 0; n < 10; ++n) {
      all.add(Clients.meanwhile(() -> {
        for (int turn = 0; turn < 100; ++turn) {
          pool.incr(key);
        }
        return true;
      }));
    }
    all.forEach(CompletableFuture::join);
    Checks.equal(pool.get(key), "1000", "GET");
  }
}
