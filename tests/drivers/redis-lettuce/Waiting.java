import io.lettuce.core.KeyValue;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.StreamMessage;
import io.lettuce.core.XReadArgs;
import io.lettuce.core.XReadArgs.StreamOffset;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/** What waits: blocking pops, and subscribers. */
final class Waiting {
  static void addTo(Checks checks) {
    Clients.addEachWay(checks, "blocking_pop", Waiting::blockingPop);
    Clients.addEachWay(checks, "blocking_pops_of_many_clients", Waiting::blockingPops);
    Clients.addEachWay(checks, "blocking_read_of_a_stream", Waiting::blockingRead);
    Clients.addEachWay(checks, "publish_subscribe", Waiting::publishSubscribe);
    Clients.addEachWay(checks, "publish_subscribe_patterns", Waiting::patterns);
    Clients.addEachWay(checks, "publish_subscribe_sharded", Waiting::sharded);
    Clients.addEachWay(checks, "publish_subscribe_in_order", Waiting::inOrder);
    Clients.addEachWay(checks, "reconnect_of_a_subscriber", Waiting::reconnect);
  }

  private static void blockingPop(Clients clients) throws Exception {
    StatefulRedisConnection<String, String> waiter = clients.connection();
    RedisCommands<String, String> other = clients.connect();
    String key = Clients.fresh("queue");
    long id = waiter.sync().clientId();
    RedisFuture<KeyValue<String, String>> popped = waiter.async().blpop(20, Clients.fresh("empty"), key);
    Clients.eventually(() -> Clients.isBlocked(other, id));
    other.rpush(key, "work");
    Checks.equal(popped.get(), KeyValue.just(key, "work"), "BLPOP");
    long began = System.nanoTime();
    Checks.equal(waiter.sync().blpop(0.2, key), null, "BLPOP of nothing");
    Checks.equal(System.nanoTime() - began >= 200_000_000L, true, "waited as long as it said");
  }

  private static void blockingPops(Clients clients) throws Exception {
    RedisCommands<String, String> other = clients.connect();
    String key = Clients.fresh("queue");
    List<RedisFuture<KeyValue<String, String>>> waits = new ArrayList<>();
    for (int n = 0; n < Clients.MANY; ++n) {
      waits.add(clients.connection().async().brpop(20, key));
    }
    for (int n = 0; n < Clients.MANY; ++n) {
      other.lpush(key, String.valueOf(n));
      Checks.equal(other.get(key + ":none"), null, "others are served while clients wait");
    }
    List<String> popped = new ArrayList<>();
    for (RedisFuture<KeyValue<String, String>> each : waits) {
      popped.add(each.get().getValue());
    }
    Collections.sort(popped);
    Checks.equal(popped, List.of("0", "1", "2", "3", "4", "5", "6", "7"), "popped");
  }

  @SuppressWarnings("unchecked")
  private static void blockingRead(Clients clients) throws Exception {
    StatefulRedisConnection<String, String> reader = clients.connection();
    RedisCommands<String, String> writer = clients.connect();
    String key = Clients.fresh("stream");
    long id = reader.sync().clientId();
    RedisFuture<List<StreamMessage<String, String>>> read =
        reader.async().xread(XReadArgs.Builder.block(20_000), StreamOffset.latest(key));
    Clients.eventually(() -> Clients.isBlocked(writer, id));
    String added = writer.xadd(key, Map.of("field", "value"));
    Checks.equal(read.get().get(0).getId(), added, "entry");
  }

  /** Notes what it hears, as "channel text", or "pattern channel text". */
  private static final class Listener extends RedisPubSubAdapter<String, String> {
    final List<String> heard = new CopyOnWriteArrayList<>();
    final StatefulRedisPubSubConnection<String, String> connection;

    Listener(Clients clients) {
      connection = clients.subscriber();
      connection.addListener(this);
    }

    @Override
    public void message(String channel, String text) {
      heard.add(channel + " " + text);
    }

    @Override
    public void smessage(String channel, String text) {
      heard.add(channel + " " + text);
    }

    @Override
    public void message(String pattern, String channel, String text) {
      heard.add(pattern + " " + channel + " " + text);
    }
  }

  /** Behind a gateway Redis counts the gateway's connections, of which one may serve many subscribers. */
  private static void heardBy(long count, long most) {
    Checks.equal(count >= 1 && count <= most, true, count + " for " + most + " subscribers");
  }

  private static void publishSubscribe(Clients clients) throws Exception {
    RedisCommands<String, String> c = clients.connect();
    String channel = Clients.fresh("news");
    List<Listener> listeners = new ArrayList<>();
    for (int n = 0; n < Clients.MANY; ++n) {
      listeners.add(new Listener(clients));
      listeners.get(n).connection.sync().subscribe(channel);
    }
    heardBy(c.publish(channel, "hello"), Clients.MANY);
    for (Listener each : listeners) {
      Clients.eventually(() -> each.heard.equals(List.of(channel + " hello")));
    }
    heardBy(c.pubsubNumsub(channel).get(channel), Clients.MANY);
    for (Listener each : listeners.subList(1, Clients.MANY)) {
      each.connection.sync().unsubscribe(channel);
    }
    heardBy(c.publish(channel, "last"), Clients.MANY);
    Clients.eventually(() -> listeners.get(0).heard.size() == 2);
  }

  private static void patterns(Clients clients) throws Exception {
    String prefix = Clients.fresh("topic");
    Listener listener = new Listener(clients);
    listener.connection.sync().psubscribe(prefix + ":*");
    listener.connection.sync().subscribe(prefix + ":a");
    Checks.equal(clients.connect().publish(prefix + ":a", "both"), 2L, "PUBLISH");
    Clients.eventually(() -> listener.heard.size() == 2);
    Checks.equal(listener.heard.stream().sorted().toList(),
        List.of(prefix + ":* " + prefix + ":a both", prefix + ":a both"), "messages");
    Checks.equal(listener.connection.sync().ping() != null, true, "an answer to PING");
  }

  private static void sharded(Clients clients) throws Exception {
    String channel = Clients.fresh("shard");
    Listener listener = new Listener(clients);
    listener.connection.sync().ssubscribe(channel);
    Checks.equal(clients.connect().spublish(channel, "hello"), 1L, "SPUBLISH");
    Clients.eventually(() -> listener.heard.equals(List.of(channel + " hello")));
  }

  private static void inOrder(Clients clients) throws Exception {
    var c = clients.connection().async();
    String channel = Clients.fresh("news");
    Listener listener = new Listener(clients);
    listener.connection.sync().subscribe(channel);
    List<String> expected = new ArrayList<>();
    for (int n = 0; n < 2000; ++n) {
      c.publish(channel, String.valueOf(n));
      expected.add(channel + " " + n);
    }
    Clients.eventually(() -> listener.heard.size() == expected.size());
    Checks.equal(listener.heard, expected, "messages");
  }

  /** It says good-bye, which a subscriber may do in both protocols; the driver comes back and subscribes again. */
  private static void reconnect(Clients clients) throws Exception {
    RedisCommands<String, String> c = clients.connect();
    String channel = Clients.fresh("news");
    Listener listener = new Listener(clients);
    listener.connection.sync().subscribe(channel);
    listener.connection.async().quit();
    Clients.eventually(() -> c.publish(channel, "again") == 1 && !listener.heard.isEmpty());
    Checks.equal(listener.heard.get(0), channel + " again", "message");
  }
}
