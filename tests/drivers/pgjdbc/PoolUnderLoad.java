import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** 20 connections of HikariCP, 4000 short transactions; every reply must be the one to its own request. */
final class PoolUnderLoad {
  private static final int CONNECTIONS = 20, THREADS = 40, TRANSACTIONS = 4000, COUNTERS = 100;

  private static HikariDataSource pool() {
    Properties properties = Clients.properties();
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(Clients.url() + properties.remove("PGDBNAME"));
    config.setDataSourceProperties(properties);
    config.setMaximumPoolSize(CONNECTIONS);
    return new HikariDataSource(config);
  }

  private static void transact(Connection c, int number) throws Exception {
    try (PreparedStatement reply = c.prepareStatement("select ? || ' for ' || ?, ?::int")) {
      reply.setString(1, "reply");
      reply.setString(2, String.valueOf(number));
      reply.setInt(3, -number);
      try (ResultSet rows = reply.executeQuery()) {
        rows.next();
        Checks.equal(rows.getString(1) + rows.getInt(2), "reply for " + number + (-number), "reply");
      }
    }
    c.setAutoCommit(false);
    int id = Clients.number(c, "update counters set n = n + 1 where id = ? returning id", number % COUNTERS);
    Checks.equal(id, number % COUNTERS, "id");
    c.commit();
    if (number % 50 == 49) {
      Clients.fails("22012", () -> Clients.number(c, "select 1 / ?::int", 0)); // HikariCP rolls back
    }
  }

  static void run() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    try (HikariDataSource pool = pool()) {
      try (Connection c = pool.getConnection()) {
        Clients.run(c, "drop table if exists counters; create table counters (id int primary key, n int)");
        Clients.run(c, "insert into counters select i, 0 from generate_series(0, 99) i");
      }
      List<Future<?>> outcomes = new ArrayList<>();
      for (int i = 0; i < TRANSACTIONS; ++i) {
        int number = i;
        outcomes.add(threads.submit(() -> {
          try (Connection c = pool.getConnection()) {
            transact(c, number);
          }
          return null;
        }));
      }
      for (Future<?> each : outcomes) {
        each.get();
      }
      try (Connection c = pool.getConnection()) {
        String counters = Clients.string(c, "select min(n) || ' ' || max(n) || ' ' || sum(n) from counters");
        Checks.equal(counters, "40 40 4000", "counters");
      }
    } finally {
      threads.shutdownNow();
    }
  }
}
