// Connection is a libpq client: what an application does, in one line each. Every wait is bounded: by
// kPatience, where nothing else is said.
#pragma once

#include <libpq-fe.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/rig/error.h"

namespace forebay::rig {

// QueryResult is what came back for one statement.
class QueryResult {
 public:
  explicit QueryResult(PGresult* result) : result_(result, PQclear) {}

  ExecStatusType status() const { return PQresultStatus(result_.get()); }
  bool ok() const {
    return status() == PGRES_TUPLES_OK || status() == PGRES_COMMAND_OK || status() == PGRES_SINGLE_TUPLE;
  }
  std::string error() const { return PQresultErrorMessage(result_.get()); }
  std::string errorField(char code) const;  // PG_DIAG_...; empty when the error has no such field
  std::string sqlstate() const { return errorField(PG_DIAG_SQLSTATE); }
  std::string tag() const { return PQcmdStatus(result_.get()); }

  int rows() const { return PQntuples(result_.get()); }
  int columns() const { return PQnfields(result_.get()); }
  std::string value(int row = 0, int column = 0) const;
  std::string value(int row, const std::string& column) const;
  bool isNull(int row, int column) const { return PQgetisnull(result_.get(), row, column) != 0; }
  std::vector<std::string> columnNames() const;

 private:
  std::unique_ptr<PGresult, void (*)(PGresult*)> result_;
};

struct Notification {
  std::string channel, payload;
  int pid = 0;
};

class Connection {
 public:
  // Logs in; throws with libpq's message when that fails. See tryConnect() for logins that should fail.
  explicit Connection(const std::string& conninfo, milliseconds patience = kPatience);
  // Tries to log in and says why it did not work: empty when it did.
  static std::string tryConnect(const std::string& conninfo);

  // One simple query; the last result when `sql` holds several statements.
  QueryResult exec(const std::string& sql);
  // The same, for statements that must succeed: throws with PostgreSQL's message. query() returns the first
  // value.
  void run(const std::string& sql);
  std::string query(const std::string& sql);

  QueryResult execParams(const std::string& sql, const std::vector<std::string>& values);
  QueryResult prepare(const std::string& name, const std::string& sql);
  QueryResult execPrepared(const std::string& name, const std::vector<std::string>& values);

  // Pipeline mode: send...() only queue; sync() flushes; next() takes the results in order (nullopt: the end
  // of one statement's results), PGRES_PIPELINE_SYNC for each sync().
  void enterPipeline();
  void exitPipeline();
  void sendParams(const std::string& sql, const std::vector<std::string>& values);
  void sendPrepared(const std::string& name, const std::vector<std::string>& values);
  void sync();
  std::optional<QueryResult> next();

  // Without waiting for the answer: fetch it with next() until nullopt.
  void send(const std::string& sql);
  // Cancels what runs now, as Ctrl-C in psql does. Empty, or libpq's complaint.
  std::string cancel();

  std::optional<Notification> waitForNotification(milliseconds limit = kPatience);
  std::vector<std::string> takeNotices();

  void copyIn(
      const std::string& data);  // after exec("copy ... from stdin") gave PGRES_COPY_IN: all data and the end
  std::string copyOut();         // after PGRES_COPY_OUT: everything up to the end

  int backendPid() const { return PQbackendPID(handle_.get()); }
  std::string parameter(const std::string& name) const;
  PGTransactionStatusType transactionStatus() const { return PQtransactionStatus(handle_.get()); }
  bool broken() const { return PQstatus(handle_.get()) != CONNECTION_OK; }
  std::string lastError() const { return PQerrorMessage(handle_.get()); }
  PGconn* handle() const { return handle_.get(); }

 private:
  QueryResult last();
  void awaitResult();
  void flush();
  void require(bool sent, std::string_view what) const;

  milliseconds patience_;
  std::unique_ptr<PGconn, void (*)(PGconn*)> handle_;
  std::unique_ptr<std::vector<std::string>> notices_ = std::make_unique<std::vector<std::string>>();
};

}  // namespace forebay::rig
