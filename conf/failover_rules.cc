#include "conf/failover_rules.h"

#include <algorithm>

#include "conf/values.h"

namespace forebay::conf {

namespace {

void checkTimes(const FailoverSettings& failover, const RuleReport& report) {
  const auto aboveZero = [&](const std::string& name, Duration value) {
    if (value == Duration{}) report("failover." + name, name + " must be above 0");
    return value > Duration{};
  };
  const bool normal = aboveZero("probe_interval", failover.probe_interval);
  const bool fast = aboveZero("probe_fast_interval", failover.probe_fast_interval);
  aboveZero("fencing_timeout", failover.fencing_timeout);
  aboveZero("probe_timeout", failover.probe_timeout);
  if (!normal) return;
  const std::string interval = "probe_interval, which is " + formatDuration(failover.probe_interval);
  if (fast && failover.probe_fast_interval > failover.probe_interval)
    report("failover.probe_fast_interval", "probe_fast_interval is " +
                                               formatDuration(failover.probe_fast_interval) +
                                               ", longer than " + interval);
  if (failover.evidence_max_age <= failover.probe_interval)
    report("failover.evidence_max_age", "evidence_max_age is " + formatDuration(failover.evidence_max_age) +
                                            ", not longer than " + interval +
                                            ": it would be too old before the next probe");
}

void checkProbeLogin(const FailoverSettings& failover, const RuleReport& report) {
  if (!failover.probe_user.empty() || failover.probe_password.empty()) return;
  const std::string name = failover.probe_password_file.empty() ? "probe_password" : "probe_password_file";
  report("failover." + name, name + " needs probe_user, whose password it is");
}

void checkProber(const Config& config, const Database& database, const RuleReport& report) {
  if (!discoversRoles(database) || !probeLoginOf(config.failover, database).user.empty()) return;
  const std::string named = "database '" + database.name + "' ";
  const std::string remedy =
      ": set user here or probe_user in [failover], as whom they can be asked, or target_session_attrs = "
      "\"any\"";
  const std::string path = "postgres.databases." + database.name;
  if (database.target_session_attrs)
    report(path + ".target_session_attrs", named + "has target_session_attrs '" +
                                               std::string(nameOf(*database.target_session_attrs)) +
                                               "', for which its servers are asked for their roles" + remedy);
  else
    report(path + ".hosts", named + "has several hosts, which are asked which of them is the primary" +
                                remedy + " to spread over all of them alike");
}

void checkPatroni(const Database& database, const RuleReport& report) {
  const PatroniSettings& patroni = database.patroni;
  const std::string path = "postgres.databases." + database.name + ".";
  const std::string named = "database '" + database.name + "' ";
  if (!patroni.urls.empty() && !discoversRoles(database))
    report(path + "patroni", named +
                                 "has patroni, but its servers are not asked for their roles: list all "
                                 "of them in hosts, and leave out target_session_attrs = \"any\"");
  const std::string secret = patroni.password_file.empty() ? "patroni_password" : "patroni_password_file";
  const auto needs = [&](bool given, const std::string& name, const std::string& other) {
    if (given) report(path + name, name + " needs " + other);
  };
  needs(patroni.urls.empty() && !patroni.user.empty(), "patroni_user", "patroni, whose user it is");
  needs(patroni.user.empty() && !patroni.password.empty(), secret, "patroni_user, whose password it is");
  const bool tls =
      std::any_of(patroni.urls.begin(), patroni.urls.end(), [](const RestUrl& url) { return url.tls; });
  needs(!tls && !patroni.tls_ca_file.empty(), "patroni_tls_ca_file",
        "a URL in patroni that begins with https://");
}

void checkPromote(const FailoverSettings& failover, const std::optional<Promote>& promote,
                  const std::string& section, const RuleReport& report) {
  if (promote == Promote::kAuto && failover.fencing_command.empty())
    report(section + ".promote",
           "promote = \"auto\" needs fencing_command in [failover], which makes sure that the former primary "
           "stays "
           "away: without it there may be two");
}

void checkPromote(const Config& config, const Database& database, const RuleReport& report) {
  const std::string section = "postgres.databases." + database.name;
  const std::string named = "database '" + database.name + "' has promote = \"auto\", ";
  if (database.promote == Promote::kAuto && !database.patroni.urls.empty())
    report(section + ".promote", named + "but its patroni promotes: leave one of the two out");
  else if (database.promote == Promote::kAuto && !discoversRoles(database))
    report(section + ".promote",
           named +
               "but its servers are not asked for their roles: list all of them in hosts, and "
               "leave out target_session_attrs = \"any\"");
  else
    checkPromote(config.failover, database.promote, section, report);
}

}  // namespace

void checkFailoverRules(const Config& config, const RuleReport& report) {
  checkTimes(config.failover, report);
  checkProbeLogin(config.failover, report);
  checkPromote(config.failover, config.failover.promote, "failover", report);
  for (const auto& [name, database] : config.postgres.databases) {
    checkProber(config, database, report);
    checkPatroni(database, report);
    checkPromote(config, database, report);
  }
}

}  // namespace forebay::conf
