import java.util.logging.LogManager;

/** Lettuce: what an application may do with it, in RESP3 and in RESP2. */
final class Check {
  public static void main(String[] arguments) {
    System.out.printf("# Lettuce %s, Java %s%n", io.lettuce.core.LettuceVersion.getVersion(),
        System.getProperty("java.version"));
    LogManager.getLogManager().reset(); // what it says of lines that are cut on purpose
    Checks checks = new Checks();
    Data.addTo(checks);
    Transactions.addTo(checks);
    Waiting.addTo(checks);
    Sessions.addTo(checks);
    checks.runAll();
  }
}
