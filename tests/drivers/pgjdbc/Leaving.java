import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyManager;

/** Clients that are gone in the middle of something, and what the next one finds. */
final class Leaving {
  interface Way {
    void leave(Connection c) throws Exception;
  }

  private static void inQuery(Connection c) throws Exception {
    CompletableFuture.runAsync(() -> {
      try {
        Clients.run(c, "select pg_sleep(60)");
      } catch (SQLException expected) {
        // its line was cut
      }
    });
    Thread.sleep(300);
  }

  private static void inPortal(Connection c) throws Exception {
    PreparedStatement statement = c.prepareStatement("select generate_series(1, 100000)");
    statement.setFetchSize(3);
    ResultSet rows = statement.executeQuery();
    rows.next();
  }

  private static void inCopy(Connection c) throws Exception {
    byte[] part = "2\t0\n3\t".getBytes(StandardCharsets.UTF_8);
    CopyManager copier = c.unwrap(PGConnection.class).getCopyAPI();
    copier.copyIn("copy left_behind from stdin").writeToCopy(part, 0, part.length);
  }

  private static void look(Connection c, String how) throws SQLException {
    c.setAutoCommit(false);
    Clients.run(c, "set local lock_timeout = '20s'");
    int n = Clients.number(c, "select n from left_behind where id = 1 for update");
    Checks.equal(n, 0, "what was left behind " + how);
    Checks.equal(Clients.number(c, "select count(*)::int from left_behind"), 1, "rows");
    c.commit();
  }

  static void inMidTransaction() throws Exception {
    Map<String, Way> ways = new LinkedHashMap<>();
    ways.put("in a transaction", c -> { });
    ways.put("in a query", Leaving::inQuery);
    ways.put("in a portal", Leaving::inPortal);
    ways.put("in COPY", Leaving::inCopy);
    try (Connection watcher = Clients.connect()) {
      Clients.run(watcher, "drop table if exists left_behind");
      Clients.run(watcher, "create table left_behind (id int primary key, n int)");
      Clients.run(watcher, "insert into left_behind values (1, 0)");
      for (Map.Entry<String, Way> way : ways.entrySet()) {
        Connection c = Clients.connect();
        c.setAutoCommit(false);
        Clients.run(c, "update left_behind set n = n + 1");
        way.getValue().leave(c);
        c.abort(Runnable::run); // cuts the line without a goodbye
        try (Connection next = Clients.connect()) {
          look(watcher, way.getKey());
          look(next, way.getKey());
        }
      }
    }
  }
}
