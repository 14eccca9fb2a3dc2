import java.sql.BatchUpdateException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.postgresql.util.PSQLException;

/** Prepared statements, which every connection names S_1, S_2, ...; batches; the ways to execute. */
final class Statements {
  static void addTo(Checks checks) {
    checks.add("statements_shared_by_clients", Statements::shared);
    checks.add("statements_of_one_name_differ", Statements::differ);
    checks.add("statements_more_than_kept", Statements::moreThanKept);
    checks.add("statement_fails_to_parse", Statements::failsToParse);
    checks.add("statement_described_before_use", Statements::described);
    checks.add("every_way_to_execute", Statements::everyMode);
    checks.add("batch", Statements::batch);
    checks.add("batch_with_an_error_in_the_middle", Statements::brokenBatch);
  }

  private static void shared() throws Exception {
    try (Clients ours = new Clients(Clients.MANY)) {
      for (int round = 0; round < 5; ++round) {
        for (int number = 0; number < Clients.MANY; ++number) {
          Connection c = ours.get(number);
          c.setAutoCommit(false);
          Checks.equal(Clients.number(c, "select ?::int * 2", number), number * 2, "twice the number");
          c.commit();
          c.setAutoCommit(true);
          Checks.equal(Clients.number(c, "select ?::int + 1", number), number + 1, "one more");
        }
      }
    }
  }

  private static void differ() throws Exception {
    try (Clients ours = new Clients(Clients.MANY)) {
      List<PreparedStatement> prepared = new ArrayList<>();
      for (int number = 0; number < Clients.MANY; ++number) {
        prepared.add(ours.get(number).prepareStatement("select ?::text as column_" + number + ", " + number));
      }
      for (int round = 0; round < 4; ++round) {
        for (int number = 0; number < Clients.MANY; ++number) {
          prepared.get(number).setString(1, "x");
          try (ResultSet rows = prepared.get(number).executeQuery()) {
            rows.next();
            Checks.equal(rows.getMetaData().getColumnName(1), "column_" + number, "column");
            Checks.equal(rows.getString(1) + rows.getInt(2), "x" + number, "row");
          }
        }
      }
    }
  }

  private static void moreThanKept() throws Exception {
    try (Clients ours = new Clients(2, "preparedStatementCacheQueries", "20")) {
      for (int round = 0; round < 2; ++round) {
        for (int number = 0; number < 150; ++number) {
          for (Connection c : ours.all) {
            Checks.equal(Clients.number(c, "select " + number + " + ?::int", 1), number + 1, "sum");
          }
        }
      }
    }
  }

  private static void failsToParse() throws Exception {
    try (Clients ours = new Clients(2)) {
      for (int round = 0; round < 3; ++round) {
        String missing = "select a from missing_table where a = ?";
        Clients.fails("42P01", () -> Clients.number(ours.get(0), missing, 1));
        Checks.equal(Clients.number(ours.get(1), "select ?::int", 7), 7, "the other's");
        Checks.equal(Clients.number(ours.get(0), "select ?::int", 8), 8, "its own");
      }
    }
  }

  /** getMetaData() parses and describes in a round trip of its own. */
  private static void described() throws Exception {
    try (Clients ours = new Clients(Clients.MANY)) {
      for (int number = 0; number < Clients.MANY; ++number) {
        try (PreparedStatement statement =
            ours.get(number).prepareStatement("select ?::int as a" + number + ", now() as b")) {
          Checks.equal(statement.getMetaData().getColumnName(1), "a" + number, "column");
          Checks.equal(statement.getParameterMetaData().getParameterTypeName(1), "int4", "parameter");
          Clients.number(ours.get((number + 1) % Clients.MANY), "select 1");
          statement.setInt(1, number);
          try (ResultSet rows = statement.executeQuery()) {
            rows.next();
            Checks.equal(rows.getInt(1), number, "value");
          }
        }
      }
    }
  }

  private static void everyMode() throws Exception {
    for (String mode : List.of("simple", "extended", "extendedForPrepared", "extendedCacheEverything")) {
      for (String threshold : List.of("-1", "0", "1", "5")) {
        try (Clients ours = new Clients(4, "preferQueryMode", mode, "prepareThreshold", threshold)) {
          for (int n = 0; n < 12; ++n) {
            for (Connection c : ours.all) {
              Checks.equal(Clients.number(c, "select ?::int + 1", n), n + 1, mode);
            }
          }
        }
      }
    }
  }

  private static void fill(PreparedStatement insert, int from, int to) throws SQLException {
    for (int n = from; n < to; ++n) {
      insert.setInt(1, n);
      insert.setString(2, "row " + n);
      insert.addBatch();
    }
  }

  private static void batch() throws Exception {
    for (String rewrite : List.of("false", "true")) {
      try (Clients ours = new Clients(2, "reWriteBatchedInserts", rewrite)) {
        Clients.run(ours.get(0), "drop table if exists batched");
        Clients.run(ours.get(0), "create table batched (id int primary key, t text)");
        String sql = "insert into batched values (?, ?)";
        try (PreparedStatement insert = ours.get(0).prepareStatement(sql);
            PreparedStatement keys = ours.get(1).prepareStatement(sql, new String[] {"id"})) {
          fill(insert, 0, 5000);
          Checks.equal(insert.executeBatch().length, 5000, "counts");
          fill(keys, 5000, 5100);
          keys.executeBatch();
          try (ResultSet generated = keys.getGeneratedKeys()) {
            for (int n = 5000; n < 5100; ++n) {
              generated.next();
              Checks.equal(generated.getInt(1), n, "key");
            }
          }
        }
        Checks.equal(Clients.number(ours.get(1), "select count(*)::int from batched"), 5100, "rows");
      }
    }
  }

  private static void brokenBatch() throws Exception {
    try (Clients ours = new Clients(2)) {
      Connection c = ours.get(0);
      Clients.run(c, "drop table if exists broken; create table broken (id int primary key, t text)");
      for (int round = 0; round < 3; ++round) {
        c.setAutoCommit(false);
        try (PreparedStatement insert = c.prepareStatement("insert into broken values (?, ?)")) {
          fill(insert, 0, 500);
          fill(insert, 17, 18);
          fill(insert, 500, 1000);
          insert.executeBatch();
          throw new AssertionError("no error");
        } catch (BatchUpdateException error) {
          Checks.equal(error.getSQLState(), "23505", "SQLSTATE");
          PSQLException cause = (PSQLException) error.getCause();
          Checks.equal(cause.getServerErrorMessage().getConstraint(), "broken_pkey", "constraint");
        }
        c.rollback();
        c.setAutoCommit(true);
        Checks.equal(Clients.number(ours.get(1), "select count(*)::int from broken"), 0, "rows");
      }
      Checks.equal(Clients.number(c, "select 1"), 1, "its own");
    }
  }
}
