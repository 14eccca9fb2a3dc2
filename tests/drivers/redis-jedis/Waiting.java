import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.JedisPubSub;
import redis.clients.jedis.StreamEntryID;
import redis.clients.jedis.params.XReadParams;
import redis.clients.jedis.resps.StreamEntry;

/** What waits: blocking pops, and subscribers. */
final class Waiting {
  static void addTo(Checks checks) {
    Clients.addEachWay(checks, "blocking_pop", Waiting::blockingPop);
    Clients.addEachWay(checks, "blocking_pops_of_many_clients", Waiting::blockingPops);
    Clients.addEachWay(checks, "blocking_read_of_a_stream", Waiting::blockingRead);
    Clients.addEachWay(checks, "publish_subscribe", Waiting::publishSubscribe);
    Clients.addEachWay(checks, "publish_subscribe_patterns", Waiting::patterns);
    Clients.addEachWay(checks, "publish_subscribe_in_order", Waiting::inOrder);
  }

  private static void blockingPop(Clients clients) throws Exception {
    Jedis waiter = clients.connect();
    Jedis other = clients.connect();
    String key = Clients.fresh("queue");
    long id = waiter.clientId();
    CompletableFuture<List<String>> popped =
        Clients.meanwhile(() -> waiter.blpop(20, Clients.fresh("empty"), key));
    Clients.eventually(() -> Clients.isBlocked(other, id));
    other.rpush(key, "work");
    Checks.equal(popped.join(), List.of(key, "work"), "BLPOP");
    long began = System.nanoTime();
    Checks.equal(waiter.blpop(0.2, key), null, "BLPOP of nothing");
    Checks.equal(System.nanoTime() - began >= 200_000_000L, true, "waited as long as it said");
  }

  private static void blockingPops(Clients clients) {
    Jedis other = clients.connect();
    String key = Clients.fresh("queue");
    List<CompletableFuture<List<String>>> waits = new ArrayList<>();
    for (int n = 0; n < Clients.MANY; ++n) {
      Jedis c = clients.connect();
      waits.add(Clients.meanwhile(() -> c.brpop(20, key)));
    }
    for (int n = 0; n < Clients.MANY; ++n) {
      other.lpush(key, String.valueOf(n));
      Checks.equal(other.get(key + ":none"), null, "others are served while clients wait");
    }
    List<String> popped = waits.stream().map(each -> each.join().get(1)).sorted().toList();
    Checks.equal(popped, List.of("0", "1", "2", "3", "4", "5", "6", "7"), "popped");
  }

  private static void blockingRead(Clients clients) throws Exception {
    Jedis reader = clients.connect();
    Jedis writer = clients.connect();
    String key = Clients.fresh("stream");
    long id = reader.clientId();
    CompletableFuture<List<Map.Entry<String, List<StreamEntry>>>> read =
        Clients.meanwhile(() -> reader.xread(XReadParams.xReadParams().block(20_000),
            Map.of(key, StreamEntryID.XREAD_NEW_ENTRY)));
    Clients.eventually(() -> Clients.isBlocked(writer, id));
    StreamEntryID added = writer.xadd(key, StreamEntryID.NEW_ENTRY, Map.of("field", "value"));
    Checks.equal(read.join().get(0).getValue().get(0).getID(), added, "entry");
  }

  /** Notes what it hears, as "channel text", or "pattern channel text". */
  private static final class Listener extends JedisPubSub {
    final List<String> heard = new CopyOnWriteArrayList<>();

    /** Listens to a channel, or to a pattern with a star, on a thread of its own. */
    Listener listen(Jedis c, String name) throws Exception {
      Clients.meanwhile(() -> {
        if (name.contains("*")) {
          c.psubscribe(this, name);
        } else {
          c.subscribe(this, name);
        }
        return null;
      });
      Clients.eventually(this::isSubscribed);
      return this;
    }

    @Override
    public void onMessage(String channel, String text) {
      heard.add(channel + " " + text);
    }

    @Override
    public void onPMessage(String pattern, String channel, String text) {
      heard.add(pattern + " " + channel + " " + text);
    }
  }

  /** Behind a gateway Redis counts the gateway's connections, of which one may serve many subscribers. */
  private static void heardBy(long count, long most) {
    Checks.equal(count >= 1 && count <= most, true, count + " for " + most + " subscribers");
  }

  private static void publishSubscribe(Clients clients) throws Exception {
    Jedis c = clients.connect();
    String channel = Clients.fresh("news");
    List<Listener> listeners = new ArrayList<>();
    for (int n = 0; n < Clients.MANY; ++n) {
      listeners.add(new Listener().listen(clients.connect(), channel));
    }
    heardBy(c.pubsubNumSub(channel).get(channel), Clients.MANY);
    heardBy(c.publish(channel, "hello"), Clients.MANY);
    for (Listener each : listeners) {
      Clients.eventually(() -> each.heard.equals(List.of(channel + " hello")));
    }
    for (Listener each : listeners.subList(1, Clients.MANY)) {
      each.unsubscribe();
    }
    Clients.eventually(() -> c.pubsubNumSub(channel).get(channel) == 1);
    Checks.equal(c.publish(channel, "last"), 1L, "PUBLISH");
    Clients.eventually(() -> listeners.get(0).heard.size() == 2);
    listeners.get(0).unsubscribe();
  }

  private static void patterns(Clients clients) throws Exception {
    Jedis c = clients.connect();
    String prefix = Clients.fresh("topic");
    Listener listener = new Listener().listen(clients.connect(), prefix + ":*");
    Clients.eventually(() -> c.publish(prefix + ":a", "hello") == 1);
    Clients.eventually(() -> listener.heard.contains(prefix + ":* " + prefix + ":a hello"));
    listener.punsubscribe();
  }

  private static void inOrder(Clients clients) throws Exception {
    Jedis c = clients.connect();
    String channel = Clients.fresh("news");
    Listener listener = new Listener().listen(clients.connect(), channel);
    Clients.eventually(() -> c.pubsubNumSub(channel).get(channel) == 1);
    List<String> expected = new ArrayList<>();
    for (int n = 0; n < 1000; ++n) {
      c.publish(channel, String.valueOf(n));
      expected.add(channel + " " + n);
    }
    Clients.eventually(() -> listener.heard.size() == 1000);
    Checks.equal(listener.heard, expected, "messages");
    listener.unsubscribe();
  }
}
