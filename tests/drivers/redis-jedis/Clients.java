import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import redis.clients.jedis.ConnectionPoolConfig;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.RedisProtocol;
import redis.clients.jedis.exceptions.JedisException;

/** Clients of one protocol, as REDIS_URL asks for them, closed together. */
final class Clients implements AutoCloseable {
  static final int MANY = 8;
  static final URI URL = URI.create(System.getenv("REDIS_URL"));
  static final HostAndPort ADDRESS = new HostAndPort(URL.getHost(), URL.getPort());

  interface Body {
    void run(Clients clients) throws Exception;
  }

  interface Condition {
    boolean holds() throws Exception;
  }

  private static final AtomicInteger numbers = new AtomicInteger();

  private final RedisProtocol protocol;
  private final List<Runnable> goodbyes = new ArrayList<>();

  private Clients(RedisProtocol protocol) {
    this.protocol = protocol;
  }

  /** A check that is made in RESP3, and as NAME_resp2 in RESP2. */
  static void addEachWay(Checks checks, String name, Body body) {
    for (RedisProtocol protocol : List.of(RedisProtocol.RESP3, RedisProtocol.RESP2)) {
      checks.add(protocol == RedisProtocol.RESP3 ? name : name + "_resp2", () -> {
        try (Clients clients = new Clients(protocol)) {
          body.run(clients);
        }
      });
    }
  }

  DefaultJedisClientConfig.Builder config() {
    String[] login = URL.getUserInfo().split(":");
    return DefaultJedisClientConfig.builder().protocol(protocol).user(login[0]).password(login[1]);
  }

  /** One connection. */
  Jedis connect() {
    return connect(config());
  }

  Jedis connect(DefaultJedisClientConfig.Builder config) {
    Jedis client = new Jedis(ADDRESS, config.build());
    goodbyes.add(client::close);
    return client;
  }

  /** A pool of so many connections at most. */
  RedisClient pool(DefaultJedisClientConfig.Builder config, int size) {
    ConnectionPoolConfig limits = new ConnectionPoolConfig();
    limits.setMaxTotal(size);
    RedisClient pool = RedisClient.builder().hostAndPort(ADDRESS).clientConfig(config.build())
        .poolConfig(limits).build();
    goodbyes.add(pool::close);
    return pool;
  }

  @Override
  public void close() {
    goodbyes.forEach(Runnable::run);
  }

  /** A key that no other check uses. */
  static String fresh(String name) {
    return name + ":" + numbers.incrementAndGet();
  }

  /** The error that begins with these words, which was due. */
  static void fails(String words, Checks.Body body) throws Exception {
    try {
      body.run();
    } catch (JedisException error) {
      if (!error.getMessage().startsWith(words)) {
        throw new AssertionError(error.getMessage() + ": " + words + " was due");
      }
      return;
    }
    throw new AssertionError("no error, " + words + " was due");
  }

  static void eventually(Condition condition) throws Exception {
    for (long giveUp = System.nanoTime() + 20_000_000_000L; !condition.holds(); Thread.sleep(5)) {
      if (System.nanoTime() > giveUp) {
        throw new AssertionError("it did not come true");
      }
    }
  }

  /** Runs the work on a thread of its own. */
  static <T> CompletableFuture<T> meanwhile(Callable<T> work) {
    CompletableFuture<T> outcome = new CompletableFuture<>();
    Thread thread = new Thread(() -> {
      try {
        outcome.complete(work.call());
      } catch (Throwable failure) {
        outcome.completeExceptionally(new CompletionException(failure));
      }
    });
    thread.setDaemon(true);
    thread.start();
    return outcome;
  }

  /** Whether the client with that number waits in a blocking command. */
  static boolean isBlocked(Jedis asks, long id) {
    return asks.clientList(id).matches("(?s).* flags=\\w*b.*");
  }
}
