import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.protocol.ProtocolVersion;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import io.lettuce.core.resource.Delay;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/** Connections of one protocol, as REDIS_URL asks for them, closed together. */
final class Clients implements AutoCloseable {
  static final int MANY = 8;
  static final ExecutorService THREADS = Executors.newCachedThreadPool();

  interface Body {
    void run(Clients clients) throws Exception;
  }

  interface Condition {
    boolean holds() throws Exception;
  }

  private static final AtomicInteger numbers = new AtomicInteger();
  private static final ClientResources resources =
      DefaultClientResources.builder().reconnectDelay(Delay.constant(Duration.ofMillis(10))).build();

  private final RedisClient client = RedisClient.create(resources);

  private Clients(ProtocolVersion protocol) {
    client.setOptions(ClientOptions.builder().protocolVersion(protocol).build());
  }

  /** A check that is made in RESP3, which is this driver's default, and as NAME_resp2 in RESP2. */
  static void addEachWay(Checks checks, String name, Body body) {
    addOf(checks, ProtocolVersion.RESP3, name, body);
    addOf(checks, ProtocolVersion.RESP2, name + "_resp2", body);
  }

  static void addOf(Checks checks, ProtocolVersion protocol, String name, Body body) {
    checks.add(name, () -> {
      try (Clients clients = new Clients(protocol)) {
        body.run(clients);
      }
    });
  }

  static RedisURI url() {
    return RedisURI.create(System.getenv("REDIS_URL"));
  }

  StatefulRedisConnection<String, String> connection() {
    return client.connect(url());
  }

  RedisCommands<String, String> connect() {
    return connect(url());
  }

  RedisCommands<String, String> connect(RedisURI url) {
    return client.connect(url).sync();
  }

  RedisCommands<byte[], byte[]> connectForBytes() {
    return client.connect(ByteArrayCodec.INSTANCE, url()).sync();
  }

  StatefulRedisPubSubConnection<String, String> subscriber() {
    return client.connectPubSub(url());
  }

  @Override
  public void close() {
    client.shutdown(Duration.ZERO, Duration.ofSeconds(5));
  }

  /** A key that no other check uses. */
  static String fresh(String name) {
    return name + ":" + numbers.incrementAndGet();
  }

  /** The error that begins with these words, or whose cause does, which was due. */
  static void fails(String words, Checks.Body body) throws Exception {
    try {
      body.run();
    } catch (RedisException error) {
      for (Throwable each = error; each != null; each = each.getCause()) {
        if (String.valueOf(each.getMessage()).startsWith(words)) {
          return;
        }
      }
      throw new AssertionError(error.getMessage() + ": " + words + " was due", error);
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

  /** Whether the client with that number waits in a blocking command. */
  static boolean isBlocked(RedisCommands<String, String> asks, long id) {
    return asks.clientList().matches("(?s)(.*\\n)?id=" + id + " [^\\n]* flags=\\w*b.*");
  }
}
