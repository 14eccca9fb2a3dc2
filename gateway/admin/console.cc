#include "gateway/admin/console.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <utility>

#include "conf/load.h"
#include "gateway/admin/answer.h"
#include "gateway/admin/database_hosts.h"
#include "gateway/admin/text.h"

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
    "\tSHOW TOPOLOGY|EVENTS\n"
    "\tSHOW REDIS_POOLS|REDIS_CLIENTS|REDIS_NODES\n"
    "\tSHOW REDIS_SLOWLOG|REDIS_HOTKEYS|REDIS_BIGKEYS\n"
    "\tSET key = arg\n"
    "\tRELOAD\n"
    "\tPAUSE [<db>]\n"
    "\tRESUME [<db>]\n"
    "\tDISABLE <db>\n"
    "\tENABLE <db>\n"
    "\tRECONNECT [<db>]\n"
    "\tKILL [<db>]\n"
    "\tKILL_CLIENT <client_id>\n"
    "\tPROMOTE <db> <host>\n"
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

Console::Console(Fleet& fleet, Now now, Audit audit)
    : fleet_(fleet), now_(std::move(now)), audit_(std::move(audit)), averages_(now_()) {}

void Console::handle(Bytes sql, Role role, Reply reply, uint64_t asker) {
  Result<Command> parsed = parseCommand(sql);
  if (!parsed.ok()) return reply(answer::error(sqlstate::kSyntaxError, parsed.error()));
  const Asked asked{std::move(parsed).value(), sql, role, asker};
  switch (asked.command.verb) {
    case Verb::kNothing: return reply(answer::emptyQuery());
    case Verb::kShow: return show(asked, std::move(reply));
    case Verb::kSet: return set(asked, std::move(reply));
    case Verb::kLater: return reply(notYet(asked.command.word));
    case Verb::kReload:
    case Verb::kPause:
    case Verb::kResume:
    case Verb::kSuspend:
    case Verb::kReconnect:
    case Verb::kKill:
    case Verb::kKillClient:
    case Verb::kWaitClose:
    case Verb::kDisable:
    case Verb::kEnable:
    case Verb::kShutdown:
    case Verb::kPromote: return steer(asked, std::move(reply));
  }
}

void Console::show(const Asked& asked, Reply reply) {
  const std::string& what = asked.command.argument;
  if (equalsIgnoringCase(what, "help"))
    return reply(answer::complete("SHOW", {.message = "Console usage", .detail = std::string(kHelp)}));
  if (const auto fake = fakeShow(what)) return reply(fake->toWire());
  if (isLaterShow(what)) return reply(notYet("SHOW " + upperCase(what)));
  const ShowEntry* entry = findShow(what);
  if (entry == nullptr) return reply(invalid(asked.sql));
  if (entry->admin_only && asked.role != Role::kAdmin) return reply(adminNeeded());

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

void Console::set(const Asked& asked, Reply reply) {
  const std::string& key = asked.command.argument;
  // Some drivers set these without looking first; it changes nothing that the console says.
  if (fakeShow(key)) return reply(answer::complete("SET", {.message = "SET ignored"}));
  if (asked.role != Role::kAdmin) return reply(adminNeeded());

  const std::string& value = asked.command.value;
  const conf::ConfigPtr before = fleet_.currentConfig();
  const Result<conf::ConfigPtr> after = conf::withSetting(*before, key, value);
  if (!after.ok()) return reply(answer::error(answer::kWrongValue, "SET failed", after.error()));
  const Status reloadable = conf::checkReloadable(*before, **after);
  if (!reloadable.ok()) return reply(answer::error(answer::kWrongState, "SET failed", reloadable.error()));
  audit(asked);
  fleet_.applyConfig(*after, answerWith("SET " + key + "=" + value, std::move(reply)));
}

// All that changes something but SET.
void Console::steer(const Asked& asked, Reply reply) {
  if (asked.role != Role::kAdmin) return reply(adminNeeded());
  const bool has_argument = !asked.command.argument.empty();
  switch (asked.command.verb) {
    case Verb::kShutdown: return shutdown(asked, std::move(reply));
    case Verb::kKillClient: return killClient(asked, std::move(reply));
    case Verb::kPromote: return promote(asked, std::move(reply));
    case Verb::kReload:
    case Verb::kSuspend:
      if (has_argument) return reply(invalid(asked.sql));
      audit(asked);
      if (asked.command.verb == Verb::kReload) return reload(std::move(reply));
      return fleet_.suspend(whileHolding(asked.asker, "", answerWith("SUSPEND", std::move(reply))));
    default: return steerDatabase(asked, std::move(reply));
  }
}

void Console::steerDatabase(const Asked& asked, Reply reply) {
  const auto found = std::find_if(kDatabaseCommands.begin(), kDatabaseCommands.end(),
                                  [&](const DatabaseCommand& d) { return d.verb == asked.command.verb; });
  assert(found != kDatabaseCommands.end());
  const std::string& database = asked.command.argument;
  if (database.empty()) {
    if (found->needs_name) return reply(answer::error(sqlstate::kSyntaxError, "a database is required"));
  } else if (isConsoleDatabase(database)) {
    return reply(answer::error(answer::kWrongState, std::string(found->for_the_console) + database));
  } else if (fleet_.currentConfig()->findDatabase(database) == nullptr) {
    return reply(answer::error(sqlstate::kInvalidCatalogName, "no such database: " + database));
  }
  audit(asked);
  Fleet::Done done = answerWith(asked.command.word, std::move(reply));
  if (found->holds) done = whileHolding(asked.asker, database, std::move(done));
  (fleet_.*found->run)(database, std::move(done));
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

void Console::shutdown(const Asked& asked, Reply reply) {
  const std::string& mode = asked.command.argument;
  const bool for_servers = equalsIgnoringCase(mode, "WAIT_FOR_SERVERS");
  if (!mode.empty() && !for_servers && !equalsIgnoringCase(mode, "WAIT_FOR_CLIENTS"))
    return reply(invalid(asked.sql));
  audit(asked);
  // No answer: the connection stays open until the process has ended, so whoever asked can wait for that.
  if (mode.empty()) return fleet_.shutdown(Shutdown::kNow, [](const Status&) {});
  fleet_.shutdown(for_servers ? Shutdown::kWaitForServers : Shutdown::kWaitForClients,
                  answerWith("SHUTDOWN", std::move(reply)));
}

void Console::killClient(const Asked& asked, Reply reply) {
  const std::string& digits = asked.command.argument;
  uint64_t id = 0;
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), id);
  if (failure != std::errc() || end != digits.data() + digits.size())
    return reply(answer::error(answer::kWrongValue, "invalid client pointer supplied", "",
                               "Use an id from SHOW CLIENTS."));
  audit(asked);
  fleet_.killClient(id, answerWith("KILL_CLIENT", std::move(reply)));
}

void Console::promote(const Asked& asked, Reply reply) {
  const std::string& name = asked.command.argument;
  const conf::Database* database =
      isConsoleDatabase(name) ? nullptr : fleet_.currentConfig()->findDatabase(name);
  if (database == nullptr)
    return reply(answer::error(sqlstate::kInvalidCatalogName, "no such database: " + name));
  const Result<conf::HostPort> host = hostNamed(*database, asked.command.value);
  if (!host)
    return reply(
        answer::error(answer::kWrongValue, host.error(), "", "Its hosts are " + hostsOf(*database) + "."));
  audit(asked);
  fleet_.promote(name, *host, [reply = std::move(reply)](const probe::PromotionReport& report) {
    if (!report.done())
      return reply(answer::error(report.sqlstate, report.message, report.detail, report.hint));
    reply(answer::complete("PROMOTE", {.message = report.message, .detail = report.detail}));
  });
}

void Console::audit(const Asked& asked) const {
  std::string command = asked.command.word;
  if (!asked.command.argument.empty()) command += " " + asked.command.argument;
  if (asked.command.verb == Verb::kPromote) command += " " + asked.command.value;
  if (audit_) audit_(asked.asker, command);
}

Fleet::Done Console::whileHolding(uint64_t asker, std::string database, Fleet::Done done) {
  const auto entry = holding_.emplace(asker, std::move(database));  // an iterator of a multimap stays good
  return [this, entry, done = std::move(done)](Status status) {
    holding_.erase(entry);
    done(std::move(status));
  };
}

void Console::interrupt(uint64_t asker) {
  // Looked up first: the Fleet may answer the PAUSE, and so change the map, while it is told to resume.
  std::vector<std::string> databases;
  const auto [first, last] = holding_.equal_range(asker);
  for (auto one = first; one != last; ++one) databases.push_back(one->second);
  for (const std::string& database : databases) fleet_.resume(database, [](const Status&) {});
}

void Console::endStatsPeriod(std::function<void(const StatTotals&)> done) {
  fleet_.collect(Detail::kPools, [this, done = std::move(done)](const Snapshot& snapshot) {
    const Instant now = now_();
    averages_.tick(totalsByDatabase(snapshot), now);
    if (done) done(averages_.ofAll(sumOf(totalsByDatabase(snapshot)), now));
  });
}

}  // namespace forebay::admin
