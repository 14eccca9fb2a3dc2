import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.postgresql.util.PSQLException;

/** Transactions, cancel, notifications and what a session remembers. */
final class Sessions {
  static void addTo(Checks checks) {
    checks.add("cancel_a_running_query", Sessions::cancelRunning);
    checks.add("cancel_by_a_time_limit", Sessions::cancelByTimeLimit);
    checks.add("cancel_a_waiting_client", Sessions::cancelWaiting);
    checks.add("savepoints", Sessions::savepoints);
    checks.add("savepoints_of_the_driver", Sessions::savepointsOfTheDriver);
    checks.add("failed_transaction", Sessions::failedTransaction);
    checks.add("notifications", Sessions::notifications);
    checks.add("parameters_follow_the_client", Sessions::parametersFollow);
    checks.add("parameters_from_the_start", Sessions::parametersFromTheStart);
    checks.add("parameters_that_are_not_reported", Sessions::parametersNotReported);
    checks.add("pins", Sessions::pins);
    checks.add("leaving_in_mid_transaction", Leaving::inMidTransaction);
    checks.add("pool_under_load", PoolUnderLoad::run);
  }

  /** The query takes 30 s unless it is cancelled, which a CancelRequest does after 300 ms. */
  private static void cancelled(Connection c) throws Exception {
    try (Statement statement = c.createStatement()) {
      CompletableFuture<Void> request = CompletableFuture.runAsync(() -> {
        try {
          statement.cancel();
        } catch (SQLException error) {
          throw new IllegalStateException(error);
        }
      }, CompletableFuture.delayedExecutor(300, TimeUnit.MILLISECONDS));
      Clients.fails("57014", () -> statement.execute("select pg_sleep(30)"));
      request.get();
    }
  }

  private static void cancelRunning() throws Exception {
    try (Clients ours = new Clients(2)) {
      for (int round = 0; round < 3; ++round) {
        cancelled(ours.get(0));
        Checks.equal(Clients.number(ours.get(1), "select 1"), 1, "the other's");
        Checks.equal(Clients.number(ours.get(0), "select 2"), 2, "its own");
      }
    }
  }

  private static void cancelByTimeLimit() throws Exception {
    try (Clients ours = new Clients(1); Statement statement = ours.get(0).createStatement()) {
      statement.setQueryTimeout(1);
      Clients.fails("57014", () -> statement.execute("select pg_sleep(30)"));
      statement.execute("select 1");
    }
  }

  private static void cancelWaiting() throws Exception {
    try (Clients holders = new Clients(2); Clients third = new Clients(1)) {
      for (Connection c : holders.all) {
        c.setAutoCommit(false);
        Clients.number(c, "select 1");
      }
      cancelled(third.get(0));
      for (Connection c : holders.all) {
        Checks.equal(Clients.number(c, "select 3"), 3, "what the others were doing");
        c.commit();
      }
      Checks.equal(Clients.number(third.get(0), "select 5"), 5, "its own");
    }
  }

  private static void savepoints() throws Exception {
    try (Clients ours = new Clients(2)) {
      Connection c = ours.get(0);
      Clients.run(c, "drop table if exists saved; create table saved (id int primary key)");
      c.setAutoCommit(false);
      Clients.run(c, "insert into saved values (1)");
      for (int round = 0; round < 3; ++round) {
        Savepoint here = c.setSavepoint("here");
        Clients.run(c, "insert into saved values (2)");
        SQLException twice = Clients.fails("23505", () -> Clients.run(c, "insert into saved values (1)"));
        String constraint = ((PSQLException) twice).getServerErrorMessage().getConstraint();
        Checks.equal(constraint, "saved_pkey", "constraint");
        c.rollback(here);
      }
      Checks.equal(Clients.number(ours.get(1), "select count(*)::int from saved"), 0, "rows that others see");
      Clients.run(c, "insert into saved values (3)");
      c.commit();
      String rows = Clients.string(ours.get(1), "select string_agg(id::text, ' ' order by id) from saved");
      Checks.equal(rows, "1 3", "rows");
    }
  }

  /** autosave=always: the driver sets a savepoint before each statement, in the same batch. */
  private static void savepointsOfTheDriver() throws Exception {
    try (Clients ours = new Clients(2, "autosave", "always", "cleanupSavepoints", "true")) {
      for (Connection c : ours.all) {
        c.setAutoCommit(false);
        for (int n = 0; n < 20; ++n) {
          Clients.fails("22012", () -> Clients.number(c, "select 1 / ?::int", 0));
          Checks.equal(Clients.number(c, "select ?::int", n), n, "after an error");
        }
        c.commit();
      }
    }
  }

  private static void failedTransaction() throws Exception {
    try (Clients ours = new Clients(2)) {
      Connection c = ours.get(0);
      c.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
      c.setAutoCommit(false);
      Clients.fails("22012", () -> Clients.number(c, "select 1 / ?::int", 0));
      Clients.fails("25P02", () -> Clients.number(c, "select 1"));
      Checks.equal(Clients.number(ours.get(1), "select 1"), 1, "the other's");
      c.rollback();
      c.setAutoCommit(true);
      SQLException raised = Clients.fails("P0001", () -> Clients.run(c,
          "do $$ begin raise exception 'oh' using hint = 'h', detail = 'd'; end $$"));
      Checks.equal(((PSQLException) raised).getServerErrorMessage().getHint(), "h", "hint");
      try (Statement statement = c.createStatement()) {
        statement.execute("do $$ begin raise notice 'hear me'; end $$");
        Checks.equal(statement.getWarnings().getMessage(), "hear me", "notice");
      }
      Clients.fails("22012", () -> Clients.run(c, "select 1; select 1 / 0; select 2"));
      Checks.equal(Clients.number(c, "select 3"), 3, "its own");
    }
  }

  private static void notifications() throws Exception {
    try (Clients ours = new Clients(2)) {
      PGConnection listener = ours.get(0).unwrap(PGConnection.class);
      Clients.run(ours.get(0), "listen news");
      for (int n = 0; n < 3; ++n) {
        Clients.string(ours.get(1), "select pg_notify('news', ?)::text", "number " + n);
      }
      for (int n = 0; n < 3;) {
        PGNotification[] heard = listener.getNotifications(20_000);
        Checks.equal(heard == null || heard.length == 0, false, "nothing heard");
        for (PGNotification each : heard) {
          Checks.equal(each.getName() + " " + each.getParameter(), "news number " + n++, "notification");
        }
      }
      Clients.run(ours.get(0), "unlisten *");
      Clients.run(ours.get(1), "notify news, 'to nobody'");
      Checks.equal(Clients.number(ours.get(0), "select 1"), 1, "its own");
    }
  }

  private static void parametersFollow() throws Exception {
    List<String> zones = List.of("Asia/Tokyo", "America/Lima", "Africa/Cairo", "UTC");
    try (Clients ours = new Clients(4)) {
      for (int number = 0; number < 4; ++number) {
        Connection c = ours.get(number);
        c.setClientInfo("ApplicationName", "client " + number);
        Clients.run(c, "set timezone = '" + zones.get(number) + "'");
        // The driver insists on ISO, so only the order of day and month can differ.
        Clients.run(c, "set datestyle = 'ISO, " + (number % 2 == 0 ? "DMY" : "MDY") + "'");
      }
      for (int round = 0; round < 3; ++round) {
        for (int number = 0; number < 4; ++number) {
          Connection c = ours.get(number);
          c.setAutoCommit(false);
          Checks.equal(Clients.string(c, "show application_name"), "client " + number, "application_name");
          Checks.equal(Clients.string(c, "show timezone"), zones.get(number), "TimeZone");
          int month = Clients.number(c, "select extract(month from '02/03/2026'::text::date)::int");
          Checks.equal(month, number % 2 == 0 ? 3 : 2, "month");
          c.commit();
          c.setAutoCommit(true);
          String reported = c.unwrap(PGConnection.class).getParameterStatus("TimeZone");
          Checks.equal(reported, zones.get(number), "the reported TimeZone");
        }
      }
    }
  }

  /** assumeMinServerVersion makes the driver send extra_float_digits at the start instead of using SET. */
  private static void parametersFromTheStart() throws Exception {
    try (Clients plain = new Clients(1);
        Clients ours = new Clients(1, "ApplicationName", "from the start", "assumeMinServerVersion", "15")) {
      for (int round = 0; round < 3; ++round) {
        String own = Clients.string(ours.get(0), "show application_name");
        Checks.equal(own, "from the start", "application_name");
        String name = Clients.string(plain.get(0), "show application_name");
        Checks.equal(name, "PostgreSQL JDBC Driver", "the other's application_name");
      }
    }
  }

  /** What many an application writes into its URL, and the server never tells about. */
  private static void parametersNotReported() throws Exception {
    String[] options = {"currentSchema", "pg_catalog", "options", "-c statement_timeout=54321"};
    try (Clients plain = new Clients(1); Clients ours = new Clients(1, options)) {
      Connection other = plain.get(0);
      for (int round = 0; round < 3; ++round) {
        Checks.equal(Clients.string(ours.get(0), "show search_path"), "pg_catalog", "search_path");
        Checks.equal(Clients.string(ours.get(0), "show statement_timeout"), "54321ms", "statement_timeout");
        Checks.equal(Clients.string(other, "show search_path"), "\"$user\", public", "the other's search_path");
        Checks.equal(Clients.string(other, "show statement_timeout"), "0", "the other's statement_timeout");
      }
    }
  }

  private static void pins() throws Exception {
    try (Clients ours = new Clients(2)) {
      Connection c = ours.get(0);
      Clients.run(c, "create temporary table mine (a int)");
      Clients.run(c, "insert into mine values (1)");
      for (int round = 0; round < 5; ++round) {
        String seen = Clients.string(ours.get(1), "select to_regclass('mine')::text");
        Checks.equal(seen, null, "what others see");
        Checks.equal(Clients.number(c, "select count(*)::int from mine"), 1, "rows");
      }
      Clients.string(c, "select pg_advisory_lock(?)::text", 42);
      boolean got = Clients.one(Boolean.class, ours.get(1), "select pg_try_advisory_lock(42)");
      Checks.equal(got, false, "somebody else could lock");
    }
    for (int round = 0; round < 2; ++round) {
      try (Connection next = Clients.connect()) {
        Clients.run(next, "select pg_advisory_xact_lock(42)"); // waits until PostgreSQL has let go of it
        Clients.run(next, "create temporary table mine (a int)");
      }
    }
  }
}
