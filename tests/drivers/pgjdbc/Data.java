import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.Random;
import java.util.UUID;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;
import org.postgresql.copy.CopyManager;
import org.postgresql.util.PGInterval;
import org.postgresql.util.PGobject;

/** COPY, fetch sizes, large values and types. */
final class Data {
  private static final String TABLE =
      "drop table if exists copied; create table copied (id int primary key, t text)";

  static void addTo(Checks checks) {
    checks.add("copy_in_and_out", Data::copyInAndOut);
    checks.add("copy_that_fails", Data::copyThatFails);
    checks.add("rows_in_portions", Data::rowsInPortions);
    checks.add("large_values", Data::largeValues);
    checks.add("types", Data::types);
  }

  private static CopyManager copier(Connection c) throws Exception {
    return c.unwrap(PGConnection.class).getCopyAPI();
  }

  private static long send(Connection c, String text) throws Exception {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return copier(c).copyIn("copy copied from stdin", new ByteArrayInputStream(bytes));
  }

  private static void copyInAndOut() throws Exception {
    try (Clients ours = new Clients(2)) {
      Clients.run(ours.get(0), TABLE);
      StringBuilder lines = new StringBuilder();
      for (int n = 0; n < 20000; ++n) {
        lines.append(n).append("\trow ").append(n).append(" ü\n");
      }
      Checks.equal(send(ours.get(0), lines.toString()), 20000L, "rows copied");
      ByteArrayOutputStream came = new ByteArrayOutputStream();
      copier(ours.get(1)).copyOut("copy (select * from copied order by id) to stdout", came);
      boolean unchanged = came.toString(StandardCharsets.UTF_8).contentEquals(lines);
      Checks.equal(unchanged, true, "what came out is what went in");
    }
  }

  private static void copyThatFails() throws Exception {
    try (Clients ours = new Clients(2)) {
      Connection c = ours.get(0);
      Clients.run(c, TABLE);
      Clients.fails("22P02", () -> send(c, "1\tx\n" + "not a number\tx\n".repeat(100000)));
      Clients.fails("23505", () -> send(c, "1\tx\n1\tx\n"));
      CopyIn unfinished = copier(c).copyIn("copy copied from stdin");
      unfinished.writeToCopy("1\tx\n".getBytes(StandardCharsets.UTF_8), 0, 4);
      unfinished.cancelCopy();
      Checks.equal(Clients.number(ours.get(1), "select count(*)::int from copied"), 0, "rows");
      Checks.equal(Clients.number(c, "select 1"), 1, "its own");
    }
  }

  /** In a transaction a fetch size makes the driver execute a portal a few rows at a time. */
  private static void rowsInPortions() throws Exception {
    try (Clients ours = new Clients(2)) {
      Connection c = ours.get(0);
      c.setAutoCommit(false);
      try (PreparedStatement statement = c.prepareStatement("select generate_series(1, ?)");
          PreparedStatement second = c.prepareStatement("select generate_series(1, 1000)")) {
        statement.setFetchSize(70);
        statement.setInt(1, 5000);
        int seen = 0;
        try (ResultSet rows = statement.executeQuery()) {
          while (rows.next()) {
            Checks.equal(rows.getInt(1), ++seen, "row");
            if (seen % 1000 == 0) {
              Checks.equal(Clients.number(ours.get(1), "select ?::int", seen), seen, "the other's");
            }
          }
        }
        Checks.equal(seen, 5000, "rows");
        second.setFetchSize(10);
        try (ResultSet rows = second.executeQuery()) {
          rows.next();
        } // closed with most rows unread
        second.setFetchSize(0);
        second.setMaxRows(7);
        try (ResultSet rows = second.executeQuery()) {
          int some = 0;
          while (rows.next()) {
            ++some;
          }
          Checks.equal(some, 7, "rows of at most 7");
        }
      }
      c.commit();
      Checks.equal(Clients.number(ours.get(1), "select 1"), 1, "the other's");
    }
  }

  private static void largeValues() throws Exception {
    String text = "0123456789abcdef".repeat(1 << 19);
    byte[] data = new byte[4 << 20];
    new Random(7).nextBytes(data);
    try (Clients ours = new Clients(2)) {
      for (int round = 0; round < 2; ++round) {
        for (Connection c : ours.all) {
          String more = Clients.string(c, "select ?::text || 'x'", text);
          Checks.equal(more.equals(text + "x"), true, "8 MiB unchanged");
          byte[] came = Clients.one(byte[].class, c, "select ?::bytea", (Object) data);
          Checks.equal(Arrays.equals(came, data), true, "4 MiB unchanged");
        }
      }
      String many = "select repeat('x', 100) from generate_series(1, 100000)";
      try (PreparedStatement statement = ours.get(0).prepareStatement(many);
          ResultSet rows = statement.executeQuery()) {
        int seen = 0;
        while (rows.next()) {
          ++seen;
        }
        Checks.equal(seen, 100000, "rows");
      }
    }
  }

  private static void same(Connection c, String cast, Object value) throws Exception {
    Checks.equal(Clients.one(value.getClass(), c, "select ?::" + cast, value), value, cast);
  }

  private static void types() throws Exception {
    PGobject json = new PGobject();
    json.setType("jsonb");
    json.setValue("{\"a\": [1, 2.5, null, {\"ü\": \"\\n\"}]}");
    try (Clients ours = new Clients(2)) {
      for (Connection c : new Connection[] {ours.get(0), ours.get(1), ours.get(0)}) {
        for (int round = 0; round < 3; ++round) { // in text first, then in binary
          same(c, "numeric", new BigDecimal("-12345678901234567890.123456789"));
          same(c, "int8", Long.MAX_VALUE);
          same(c, "float8", 1.5e300);
          same(c, "bool", true);
          same(c, "text", "naïve ☃ 𝄞");
          same(c, "bytea", new byte[] {0, -1, '\\', 'x'});
          same(c, "date", LocalDate.of(1, 1, 1));
          same(c, "timestamp", LocalDateTime.parse("2026-02-03T04:05:06.789012"));
          same(c, "timestamptz", OffsetDateTime.parse("2026-02-03T04:05:06.789012Z"));
          same(c, "uuid", new UUID(1, 7));
          same(c, "interval", new PGInterval(0, 0, -3, 0, 0, 5));
          same(c, "jsonb", json);
          Checks.equal(Clients.one(Integer.class, c, "select ?::int4", (Object) null), null, "null");
          array(c, "int4", new Integer[] {1, null, 3});
          array(c, "int4", new Integer[][] {{1, 2}, {3, null}});
          array(c, "text", new String[] {"a", "b\"c", "NULL", null});
        }
      }
    }
  }

  private static void array(Connection c, String type, Object[] value) throws Exception {
    try (PreparedStatement statement = c.prepareStatement("select ?::" + type + "[]")) {
      statement.setArray(1, c.createArrayOf(type, value));
      try (ResultSet rows = statement.executeQuery()) {
        rows.next();
        Checks.equal(rows.getArray(1).getArray(), value, type + "[]");
      }
    }
  }
}
