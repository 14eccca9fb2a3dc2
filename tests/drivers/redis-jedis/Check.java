import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;
import redis.clients.jedis.Jedis;

/** Jedis: what an application may do with it, in RESP3 and in RESP2. */
final class Check {
  private static String version() throws IOException {
    Properties properties = new Properties();
    try (InputStream file = Jedis.class.getResourceAsStream("pom.properties")) {
      properties.load(file);
    }
    return properties.getProperty("version");
  }

  public static void main(String[] arguments) throws IOException {
    System.out.printf("# Jedis %s, Java %s%n", version(), System.getProperty("java.version"));
    Checks checks = new Checks();
    Data.addTo(checks);
    Transactions.addTo(checks);
    Waiting.addTo(checks);
    Sessions.addTo(checks);
    checks.runAll();
  }
}
