import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Runs a driver's checks one after another and says how each went. Shared by the drivers in Java. */
final class Checks {
  /** Seconds for one check; what hangs longer has failed, and no later check could be trusted. */
  private static final int PATIENCE = 60;

  interface Body {
    void run() throws Exception;
  }

  private final Map<String, Body> all = new LinkedHashMap<>();

  void add(String name, Body body) {
    all.put(name, body);
  }

  static void equal(Object got, Object expected, String what) {
    if (!Objects.deepEquals(got, expected)) {
      throw new AssertionError(what + " is " + text(got) + ", not " + text(expected));
    }
  }

  private static String text(Object value) {
    return value instanceof Object[] array ? Arrays.deepToString(array) : String.valueOf(value);
  }

  private static boolean holds(String name, Body body) {
    CompletableFuture<Void> verdict = new CompletableFuture<>();
    Thread thread = new Thread(() -> {
      try {
        body.run();
        verdict.complete(null);
      } catch (Throwable failure) {
        verdict.completeExceptionally(failure);
      }
    });
    thread.setDaemon(true);
    thread.start();
    try {
      verdict.get(PATIENCE, TimeUnit.SECONDS);
      System.out.println("ok " + name);
      return true;
    } catch (ExecutionException failure) {
      System.out.println("not ok " + name + ": " + failure.getCause().toString().replaceAll("\\s+", " "));
      failure.getCause().printStackTrace();
    } catch (TimeoutException | InterruptedException failure) {
      System.out.println("not ok " + name + ": nothing came back for " + PATIENCE + " s");
      Runtime.getRuntime().halt(1);
    }
    return false;
  }

  /** Runs what CHECKS asks for (everything by default) and ends the program. */
  void runAll() {
    String only = System.getenv("CHECKS");
    boolean held = true;
    int ran = 0;
    for (Map.Entry<String, Body> each : all.entrySet()) {
      if (only == null || List.of(only.split(",")).contains(each.getKey())) {
        held &= holds(each.getKey(), each.getValue());
        ++ran;
      }
    }
    System.exit(ran > 0 && held ? 0 : 1);
  }
}
