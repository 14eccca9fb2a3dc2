#include "gateway/admin/console.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <utility>

#include "conf/load.h"
#include "gateway/admin/answer.h"
#include "gateway/admin/text.h"
#include "pgproto/messages.h"

namespace forebay::admin {
namespace {

namespace sqlstate = pgproto::sqlstate;

constexpr std::string_view kHelp =
    "\n\tSHOW HELP|CONFIG|DATABASES|POOLS|CLIENTS|SERVERS|USERS|VERSION\n"
    "\tSHOW PEERS|PEER_POOLS\n"
    "\tSHOW FDS|SOCKETS|ACTIVE_SOCKETS|LISTS|MEM|STATE\n"
    "\tSHOW DNS_HOSTS|DNS_ZONES\n"
    "\tSHOW STATS|STATS_TOTALS|STATS_AVERAGES|TOTALS\n"
    "\tSHOW PINS|PREPARED\n"
    "\tSET key = arg\n"
    "\tRELOAD\n"
    "\tPAUSE [<db>]\n"
    "\tRESUME [<db>]\n"
    "\tDISABLE <db>\n"
    "\tENABLE <db>\n"
    "\tRECONNECT [<db>]\n"
    "\tKILL [<db>]\n"
    "\tKILL_CLIENT <client_id>\n"
    "\tSUSPEND\n"
    "\tSHUTDOWN\n"
    "\tSHUTDOWN WAIT_FOR_SERVERS|WAIT_FOR_CLIENTS\n"
    "\tWAIT_CLOSE [<db>]";

// The commands that are about one database, or about all when they name none.
struct DatabaseCommand {
  Verb verb;
  void (Fleet::*run)(std::string_view, Fleet::Done);
  std::string_view for_the_console;  // why not, when the console's own database is named; its name follows
  bool needs_name = false;
  bool holds = false;  // makes clients wait until it is resumed
};
constexpr std::array kDatabaseCommands{
    DatabaseCommand{Verb::kPause, &Fleet::pause, "cannot pause admin db: ", false, true},
    DatabaseCommand{Verb::kResume, &Fleet::resume, "cannot resume admin db: "},
    DatabaseCommand{Verb::kReconnect, &Fleet::reconnect, "cannot reconnect admin db: "},
    DatabaseCommand{Verb::kKill, &Fleet::kill, "cannot kill admin db: "},
    DatabaseCommand{Verb::kWaitClose, &Fleet::waitClose, "cannot wait in admin db: "},
    DatabaseCommand{Verb::kDisable, &Fleet::disable, "cannot disable admin db: ", true},
    DatabaseCommand{Verb::kEnable, &Fleet::enable, "cannot enable admin db: ", true},
};

std::string adminNeeded() { return answer::error(sqlstate::kInsufficientPrivilege, "admin access needed"); }

std::string invalid(Bytes sql) { return answer::error(sqlstate::kSyntaxError, invalidCommand(sql).message); }

std::string notYet(const std::string& what) {
  return answer::error(sqlstate::kFeatureNotSupported, what + " is not part of this version of Forebay");
}

// Answers with the command's own word, or with the reason why not.
Fleet::Done answerWith(std::string tag, Console::Reply reply) {
  return [tag = std::move(tag), reply = std::move(reply)](const Status& status) {
    reply(status.ok() ? answer::complete(tag) : answer::error(answer::kWrongState, status.error()));
  };
}

// The console is a pool among the others in what is shown, but no worker knows it as one.
void addConsolePool(Snapshot& snapshot) {
  PoolRow& row = snapshot.pool(kConsoleDatabase, kConsoleUser);
  row.cl_idle = snapshot.process.console_clients;
  row.pool_mode = conf::PoolMode::kStatement;
  row.pool_size = kConsolePoolSize;
}

}  // namespace

Console::Console(Fleet& fleet, Now now) : fleet_(fleet), now_(std::move(now)), averages_(now_()) {}

void Console::handle(Bytes sql, Role role, Reply reply) {
  const Result<Command> parsed = parseCommand(sql);
  if (!parsed.ok()) return reply(answer::error(sqlstate::kSyntaxError, parsed.error()));
  switch (parsed->verb) {
    case Verb::kNothing: return reply(answer::emptyQuery());
    case Verb::kShow: return show(*parsed, sql, role, std::move(reply));
    case Verb::kSet: return set(*parsed, role, std::move(reply));
    case Verb::kLater: return reply(notYet(parsed->word));
    default: break;
  }
  if (role != Role::kAdmin) return reply(adminNeeded());
  steer(*parsed, sql, std::move(reply));
}

void Console::show(const Command& command, Bytes sql, Role role, Reply reply) {
  const std::string& what = command.argument;
  if (equalsIgnoringCase(what, "help"))
    return reply(answer::complete("SHOW", {.message = "Console usage", .detail = std::string(kHelp)}));
  if (const auto fake = fakeShow(what)) return reply(fake->toWire());
  if (isLaterShow(what)) return reply(notYet("SHOW " + upperCase(what)));
  const ShowEntry* entry = findShow(what);
  if (entry == nullptr) return reply(invalid(sql));
  if (entry->admin_only && role != Role::kAdmin) return reply(adminNeeded());

  const auto answer = [this, entry, reply = std::move(reply)](Snapshot snapshot) {
    addConsolePool(snapshot);
    const conf::ConfigPtr config = fleet_.currentConfig();
    reply(entry->make({snapshot, *config, averages_, now_()}).toWire());
  };
  if (entry->detail) {
    fleet_.collect(*entry->detail, answer);
  } else {
    answer({});
  }
}

void Console::set(const Command& command, Role role, Reply reply) {
  const std::string& key = command.argument;
  // Some drivers set these without looking first; it changes nothing that the console says.
  if (fakeShow(key)) return reply(answer::complete("SET", {.message = "SET ignored"}));
  if (role != Role::kAdmin) return reply(adminNeeded());

  const conf::ConfigPtr before = fleet_.currentConfig();
  const Result<conf::ConfigPtr> after = conf::withSetting(*before, key, command.value);
  if (!after.ok()) return reply(answer::error(answer::kWrongValue, "SET failed", after.error()));
  const Status reloadable = conf::checkReloadable(*before, **after);
  if (!reloadable.ok()) return reply(answer::error(answer::kWrongState, "SET failed", reloadable.error()));
  fleet_.applyConfig(*after, answerWith("SET " + key + "=" + command.value, std::move(reply)));
}

void Console::steer(const Command& command, Bytes sql, Reply reply) {
  const bool has_argument = !command.argument.empty();
  switch (command.verb) {
    case Verb::kReload: return has_argument ? reply(invalid(sql)) : reload(std::move(reply));
    case Verb::kShutdown: return shutdown(command, sql, std::move(reply));
    case Verb::kKillClient: return killClient(command, std::move(reply));
    case Verb::kSuspend:
      if (has_argument) return reply(invalid(sql));
      return fleet_.suspend(whileHolding(answerWith(command.word, std::move(reply))));
    default: return steerDatabase(command, std::move(reply));
  }
}

void Console::steerDatabase(const Command& command, Reply reply) {
  const auto found = std::find_if(kDatabaseCommands.begin(), kDatabaseCommands.end(),
                                  [&](const DatabaseCommand& d) { return d.verb == command.verb; });
  assert(found != kDatabaseCommands.end());
  const std::string& database = command.argument;
  if (database.empty()) {
    if (found->needs_name) return reply(answer::error(sqlstate::kSyntaxError, "a database is required"));
  } else if (isConsoleDatabase(database)) {
    return reply(answer::error(answer::kWrongState, std::string(found->for_the_console) + database));
  } else if (fleet_.currentConfig()->findDatabase(database) == nullptr) {
    return reply(answer::error(sqlstate::kInvalidCatalogName, "no such database: " + database));
  }
  Fleet::Done done = answerWith(command.word, std::move(reply));
  (fleet_.*found->run)(database, found->holds ? whileHolding(std::move(done)) : std::move(done));
}

void Console::reload(Reply reply) {
  fleet_.reload([reply = std::move(reply)](const Result<std::vector<std::string>>& report) {
    if (!report.ok())
      return reply(
          answer::error(answer::kConfigFailed, "RELOAD failed, nothing was changed", report.error()));
    if (report.value().empty()) return reply(answer::complete("RELOAD"));
    std::string changes;
    for (const std::string& line : report.value()) changes += (changes.empty() ? "" : "\n") + line;
    reply(answer::complete("RELOAD", {.message = "settings changed", .detail = std::move(changes)}));
  });
}

void Console::shutdown(const Command& command, Bytes sql, Reply reply) {
  const std::string& mode = command.argument;
  // No answer: the connection stays open until the process has ended, so whoever asked can wait for that.
  if (mode.empty()) return fleet_.shutdown(Shutdown::kNow, [](const Status&) {});
  if (equalsIgnoringCase(mode, "WAIT_FOR_SERVERS"))
    return fleet_.shutdown(Shutdown::kWaitForServers, answerWith("SHUTDOWN", std::move(reply)));
  if (equalsIgnoringCase(mode, "WAIT_FOR_CLIENTS"))
    return fleet_.shutdown(Shutdown::kWaitForClients, answerWith("SHUTDOWN", std::move(reply)));
  reply(invalid(sql));
}

void Console::killClient(const Command& command, Reply reply) {
  const std::string& digits = command.argument;
  uint64_t id = 0;
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), id);
  if (failure != std::errc() || end != digits.data() + digits.size())
    return reply(answer::error(answer::kWrongValue, "invalid client pointer supplied", "",
                               "Use an id from SHOW CLIENTS."));
  fleet_.killClient(id, answerWith(command.word, std::move(reply)));
}

Fleet::Done Console::whileHolding(Fleet::Done done) {
  ++holds_pending_;
  return [this, done = std::move(done)](Status status) {
    --holds_pending_;
    done(std::move(status));
  };
}

void Console::interrupt() {
  if (holds_pending_ > 0) fleet_.resume("", [](const Status&) {});
}

void Console::endStatsPeriod(std::function<void(const StatTotals&)> done) {
  fleet_.collect(Detail::kPools, [this, done = std::move(done)](const Snapshot& snapshot) {
    const Instant now = now_();
    averages_.tick(totalsByDatabase(snapshot), now);
    if (done) done(averages_.ofAll(sumOf(totalsByDatabase(snapshot)), now));
  });
}

bool isConsoleDatabase(std::string_view database) {
  return database == kConsoleDatabase || database == "forebay";
}

std::string consoleParameters() {
  const std::string version = std::string(kLikePgbouncer) + "/forebay";
  std::string out;
  pgproto::appendParameterStatus(out, "server_version", version);
  pgproto::appendParameterStatus(out, "client_encoding", "UTF8");
  pgproto::appendParameterStatus(out, "server_encoding", "UTF8");
  pgproto::appendParameterStatus(out, "DateStyle", "ISO");
  pgproto::appendParameterStatus(out, "TimeZone", "GMT");
  pgproto::appendParameterStatus(out, "standard_conforming_strings", "on");
  pgproto::appendParameterStatus(out, "is_superuser", "on");
  return out;
}

std::string consoleRefusal(char type) {
  const bool extended = std::string_view("PBEDCSH").find(type) != std::string_view::npos;
  pgproto::ErrorReport report{.sqlstate = sqlstate::kProtocolViolation};
  if (extended) {
    report.message = "extended query protocol not supported by admin console";
    report.hint = "Use the driver's simple query mode, without parameters.";
  } else {
    report.message =
        "unsupported packet type for admin console: " + std::to_string(static_cast<unsigned char>(type));
  }
  std::string out;
  pgproto::appendErrorResponse(out, report);
  return out;
}

}  // namespace forebay::admin
