import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;

/** Connections as libpq's environment variables ask for them, closed together. */
final class Clients implements AutoCloseable {
  static final int MANY = 8; // more than there are server connections, so that clients must share

  final List<Connection> all = new ArrayList<>();

  Clients(int count, String... options) throws SQLException {
    for (int i = 0; i < count; ++i) {
      all.add(connect(options));
    }
  }

  Connection get(int index) {
    return all.get(index);
  }

  @Override
  public void close() throws SQLException {
    for (Connection each : all) {
      each.close();
    }
  }

  /** The error with that SQLSTATE, which was due. */
  static SQLException fails(String state, Checks.Body body) throws Exception {
    try {
      body.run();
    } catch (SQLException error) {
      Checks.equal(error.getSQLState(), state, "SQLSTATE of " + error.getMessage());
      return error;
    }
    throw new AssertionError("no error, " + state + " was due");
  }

  static String url() {
    return "jdbc:postgresql://" + System.getenv("PGHOST") + ":" + System.getenv("PGPORT") + "/";
  }

  /** The driver's properties; `options` are pairs of a name and a value that override them. */
  static Properties properties(String... options) {
    Properties properties = new Properties();
    properties.setProperty("PGDBNAME", System.getenv("PGDATABASE"));
    properties.setProperty("user", System.getenv("PGUSER"));
    properties.setProperty("password", System.getenv("PGPASSWORD"));
    properties.setProperty("sslmode", System.getenv("PGSSLMODE"));
    properties.setProperty("sslrootcert", System.getenv("PGSSLROOTCERT"));
    properties.setProperty("prepareThreshold", "1"); // statements get their names at their first use
    for (int i = 0; i < options.length; i += 2) {
      properties.setProperty(options[i], options[i + 1]);
    }
    return properties;
  }

  static Connection connect(String... options) throws SQLException {
    Properties properties = properties(options);
    return DriverManager.getConnection(url() + properties.remove("PGDBNAME"), properties);
  }

  static void run(Connection c, String sql) throws SQLException {
    try (Statement statement = c.createStatement()) {
      statement.execute(sql);
    }
  }

  /** The first column of the first row. */
  static <T> T one(Class<T> type, Connection c, String sql, Object... parameters) throws SQLException {
    try (PreparedStatement statement = c.prepareStatement(sql)) {
      for (int i = 0; i < parameters.length; ++i) {
        statement.setObject(i + 1, parameters[i]);
      }
      try (ResultSet rows = statement.executeQuery()) {
        rows.next();
        return rows.getObject(1, type);
      }
    }
  }

  static int number(Connection c, String sql, Object... parameters) throws SQLException {
    return one(Integer.class, c, sql, parameters);
  }

  static String string(Connection c, String sql, Object... parameters) throws SQLException {
    return one(String.class, c, sql, parameters);
  }
}
