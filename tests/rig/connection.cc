#include "tests/rig/connection.h"

#include <poll.h>

#include <utility>

#include "tests/rig/sockets.h"

namespace forebay::rig {
namespace {

std::vector<const char*> pointersTo(const std::vector<std::string>& values) {
  std::vector<const char*> out;
  out.reserve(values.size());
  for (const std::string& value : values) out.push_back(value.c_str());
  return out;
}

std::string orEmpty(const char* text) { return text ? text : ""; }

using Handle = std::unique_ptr<PGconn, void (*)(PGconn*)>;

Handle open(const std::string& conninfo, milliseconds patience) {
  // libpq's own limit counts whole seconds and per address; all addresses here are one loopback.
  const std::string limit = std::to_string(std::chrono::duration_cast<seconds>(patience).count());
  return {PQconnectdb((conninfo + " connect_timeout=" + limit).c_str()), PQfinish};
}

}  // namespace

std::string QueryResult::errorField(char code) const {
  return orEmpty(PQresultErrorField(result_.get(), code));
}

std::string QueryResult::value(int row, int column) const {
  if (!ok()) fail("no value: " + error());
  if (row >= rows() || column >= columns())
    fail("no row " + std::to_string(row) + ", column " + std::to_string(column));
  return {PQgetvalue(result_.get(), row, column),
          static_cast<size_t>(PQgetlength(result_.get(), row, column))};
}

std::string QueryResult::value(int row, const std::string& column) const {
  const int number = PQfnumber(result_.get(), ("\"" + column + "\"").c_str());
  if (number < 0) fail("no column " + column);
  return value(row, number);
}

std::vector<std::string> QueryResult::columnNames() const {
  std::vector<std::string> out;
  for (int i = 0; i < columns(); ++i) out.emplace_back(PQfname(result_.get(), i));
  return out;
}

Connection::Connection(const std::string& conninfo, milliseconds patience)
    : patience_(patience), handle_(open(conninfo, patience)) {
  if (broken()) fail("cannot log in with \"" + conninfo + "\": " + lastError());
  PQsetNoticeProcessor(
      handle_.get(),
      [](void* out, const char* text) { static_cast<std::vector<std::string>*>(out)->emplace_back(text); },
      notices_.get());
}

std::string Connection::tryConnect(const std::string& conninfo) {
  const Handle handle = open(conninfo, kPatience);
  return PQstatus(handle.get()) == CONNECTION_OK ? "" : PQerrorMessage(handle.get());
}

QueryResult Connection::exec(const std::string& sql) {
  send(sql);
  return last();
}

void Connection::run(const std::string& sql) {
  const QueryResult result = exec(sql);
  if (!result.ok()) fail(sql + ": " + result.error());
}

std::string Connection::query(const std::string& sql) {
  const QueryResult result = exec(sql);
  if (!result.ok()) fail(sql + ": " + result.error());
  return result.value();
}

QueryResult Connection::execParams(const std::string& sql, const std::vector<std::string>& values) {
  sendParams(sql, values);
  return last();
}

QueryResult Connection::prepare(const std::string& name, const std::string& sql) {
  require(PQsendPrepare(handle_.get(), name.c_str(), sql.c_str(), 0, nullptr) != 0, "prepare");
  return last();
}

QueryResult Connection::execPrepared(const std::string& name, const std::vector<std::string>& values) {
  sendPrepared(name, values);
  return last();
}

void Connection::enterPipeline() { require(PQenterPipelineMode(handle_.get()) != 0, "enter pipeline mode"); }
void Connection::exitPipeline() { require(PQexitPipelineMode(handle_.get()) != 0, "leave pipeline mode"); }

void Connection::sendParams(const std::string& sql, const std::vector<std::string>& values) {
  require(PQsendQueryParams(handle_.get(), sql.c_str(), static_cast<int>(values.size()), nullptr,
                            pointersTo(values).data(), nullptr, nullptr, 0) != 0,
          "send a query");
}

void Connection::sendPrepared(const std::string& name, const std::vector<std::string>& values) {
  require(PQsendQueryPrepared(handle_.get(), name.c_str(), static_cast<int>(values.size()),
                              pointersTo(values).data(), nullptr, nullptr, 0) != 0,
          "send a prepared statement");
}

void Connection::sync() {
  require(PQpipelineSync(handle_.get()) != 0, "sync");
  flush();
}

void Connection::send(const std::string& sql) {
  require(PQsendQuery(handle_.get(), sql.c_str()) != 0, "send a query");
}

std::optional<QueryResult> Connection::next() {
  awaitResult();
  PGresult* result = PQgetResult(handle_.get());
  if (!result) return std::nullopt;
  return QueryResult(result);
}

std::string Connection::cancel() {
  const std::unique_ptr<PGcancel, void (*)(PGcancel*)> key(PQgetCancel(handle_.get()), PQfreeCancel);
  char complaint[256] = "";
  return PQcancel(key.get(), complaint, sizeof complaint) ? "" : complaint;
}

std::optional<Notification> Connection::waitForNotification(milliseconds limit) {
  const SteadyTime deadline = std::chrono::steady_clock::now() + limit;
  while (true) {
    PQconsumeInput(handle_.get());
    if (PGnotify* raw = PQnotifies(handle_.get())) {
      Notification out{raw->relname, raw->extra, raw->be_pid};
      PQfreemem(raw);
      return out;
    }
    if (broken() || !waitFor(PQsocket(handle_.get()), POLLIN, milliseconds(pollTimeout(deadline)))) {
      return std::nullopt;
    }
  }
}

std::vector<std::string> Connection::takeNotices() { return std::exchange(*notices_, {}); }

void Connection::copyIn(const std::string& data) {
  require(PQputCopyData(handle_.get(), data.data(), static_cast<int>(data.size())) == 1, "copy");
  require(PQputCopyEnd(handle_.get(), nullptr) == 1, "end the copy");
  const QueryResult result = last();
  if (!result.ok()) fail("copy: " + result.error());
}

std::string Connection::copyOut() {
  std::string out;
  char* row = nullptr;
  int size = 0;
  while ((size = PQgetCopyData(handle_.get(), &row, 0)) > 0) {
    out.append(row, static_cast<size_t>(size));
    PQfreemem(row);
  }
  const QueryResult result = last();
  if (!result.ok()) fail("copy: " + result.error());
  return out;
}

std::string Connection::parameter(const std::string& name) const {
  return orEmpty(PQparameterStatus(handle_.get(), name.c_str()));
}

// As PQexec(): the last result counts, but a COPY hands over to its caller at once.
QueryResult Connection::last() {
  QueryResult out(nullptr);
  while (std::optional<QueryResult> result = next()) {
    out = std::move(*result);
    const ExecStatusType status = out.status();
    if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH || broken()) break;
  }
  return out;
}

// PQgetResult() would wait without a limit.
void Connection::awaitResult() {
  const SteadyTime deadline = std::chrono::steady_clock::now() + patience_;
  flush();
  while (PQisBusy(handle_.get())) {
    if (!waitFor(PQsocket(handle_.get()), POLLIN, milliseconds(pollTimeout(deadline))))
      fail("no answer in time");
    if (!PQconsumeInput(handle_.get())) return;  // PQgetResult() then tells what happened
  }
}

void Connection::flush() {
  while (PQflush(handle_.get()) == 1) {
    if (!waitFor(PQsocket(handle_.get()), POLLIN | POLLOUT, patience_)) fail("the peer takes no bytes");
    PQconsumeInput(handle_.get());
  }
}

void Connection::require(bool sent, std::string_view what) const {
  if (!sent) fail("cannot " + std::string(what) + ": " + lastError());
}

}  // namespace forebay::rig
