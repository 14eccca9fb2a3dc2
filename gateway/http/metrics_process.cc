#include "gateway/http/health.h"
#include "gateway/http/metrics.h"
#include "gateway/version.h"

namespace forebay::http {
namespace {

double secondsSince(WallTime at) { return std::chrono::duration<double>(at.time_since_epoch()).count(); }

void appendConnections(Families& out, const admin::ProcessRow& process) {
  counter(out, "forebay_connections_accepted_total", "Client connections accepted.")
      .add({}, static_cast<double>(process.connections_accepted));
  gauge(out, "forebay_clients", "Client connections now, to PostgreSQL and the admin console.")
      .add({}, process.clients);
  gauge(out, "forebay_clients_limit", "max_client_conn.").add({}, process.max_clients);
  gauge(out, "forebay_login_clients", "Clients that are still logging in.").add({}, process.login_clients);
  gauge(out, "forebay_console_clients", "Clients of the admin console.").add({}, process.console_clients);
  Family rejected = counter(out, "forebay_clients_rejected_total",
                            "Clients turned away before they had a pool, by reason.");
  for (const auto& [reason, count] : process.rejected)
    rejected.add({label("reason", reason)}, static_cast<double>(count));
}

void appendResources(Families& out, const admin::ProcessRow& process) {
  gauge(out, "forebay_workers", "Worker threads.").add({}, process.workers);
  gauge(out, "forebay_buffer_bytes", "Bytes of buffers that connections hold now.")
      .add({}, static_cast<double>(process.buffer_bytes));
  gauge(out, "forebay_open_fds", "Open file descriptors.").add({}, static_cast<double>(process.open_fds));
  gauge(out, "forebay_max_fds", "File descriptors that may be open.")
      .add({}, static_cast<double>(process.max_fds));
  counter(out, "forebay_log_lines_dropped_total", "Log lines dropped since their reader was too slow.")
      .add({}, static_cast<double>(process.log_lines_dropped));
  Family reloads = counter(out, "forebay_config_reloads_total", "Reloads of the settings, by result.");
  reloads.add({label("result", "success")}, static_cast<double>(process.reloads_succeeded));
  reloads.add({label("result", "failure")}, static_cast<double>(process.reloads_failed));
}

void appendDatabases(Families& out, const admin::Snapshot& snapshot) {
  const Health health = judge(snapshot);
  gauge(out, "forebay_ready", "Whether /readyz says yes.").add({}, health.ready ? 1 : 0);
  Family status =
      gauge(out, "forebay_database_status", "1 for the status that a database has, 0 for the others.");
  for (const DatabaseHealth& database : health.databases) {
    for (const DatabaseStatus each : {DatabaseStatus::kUp, DatabaseStatus::kPaused, DatabaseStatus::kHolding,
                                      DatabaseStatus::kDisabled, DatabaseStatus::kDown})
      status.add({label("database", database.name), label("status", nameOf(each))},
                 database.status == each ? 1 : 0);
  }
}

}  // namespace

void appendProcessMetrics(Families& out, const admin::Snapshot& snapshot) {
  const admin::ProcessRow& process = snapshot.process;
  gauge(out, "forebay_build_info", "Always 1; the labels say what is running.")
      .add({label("version", kVersion), label("compiler", __VERSION__)}, 1);
  gauge(out, "forebay_start_time_seconds", "When the process started, in seconds since 1970.")
      .add({}, secondsSince(process.started));
  gauge(out, "forebay_uptime_seconds", "For how long the process has been running.")
      .add({}, secondsOf(snapshot.taken - process.started));
  appendConnections(out, process);
  appendResources(out, process);
  appendDatabases(out, snapshot);
}

}  // namespace forebay::http
