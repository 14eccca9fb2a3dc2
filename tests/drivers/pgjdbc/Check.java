import java.sql.Connection;
import java.sql.SQLException;

/** pgjdbc: what an application may do with it, done through a pool of two server connections. */
final class Check {
  private static void login() throws Exception {
    try (Connection c = Clients.connect("channelBinding", "require")) {
      Checks.equal(Clients.string(c, "select current_user::text"), "app", "user");
      Checks.equal(c.isValid(5), true, "isValid()");
    }
  }

  private static void loginRefused() throws Exception {
    Clients.fails("28P01", () -> Clients.connect("password", "wrong").close());
    Clients.fails("28P01", () -> Clients.connect("user", "nobody").close());
    Clients.fails("3D000", () -> Clients.connect("PGDBNAME", "nowhere").close());
    try (Connection c = Clients.connect("sslmode", "disable")) {
      throw new AssertionError("let in without TLS: " + c);
    } catch (SQLException expected) {
      Checks.equal(expected.getMessage().isEmpty(), false, "message without words");
    }
  }

  public static void main(String[] arguments) {
    System.out.printf("# pgjdbc %s, Java %s%n", org.postgresql.util.DriverInfo.DRIVER_VERSION,
        System.getProperty("java.version"));
    Checks checks = new Checks();
    checks.add("login", Check::login);
    checks.add("login_refused", Check::loginRefused);
    Statements.addTo(checks);
    Data.addTo(checks);
    Sessions.addTo(checks);
    checks.runAll();
  }
}
