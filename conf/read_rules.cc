#include "conf/read_rules.h"

#include <algorithm>

#include "conf/address.h"
#include "conf/kinds.h"
#include "conf/values.h"

namespace forebay::conf {

namespace {

std::string pathOf(const Database& database) { return "postgres.databases." + database.name; }

std::string named(const Database& database) { return "database '" + database.name + "'"; }

// Why replicas cannot take the reads of `database`, and what to do; it does not split reads.
std::string whyNotSplit(const Database& database) {
  const std::string target(nameOf(targetOf(database)));
  if (discoversRoles(database))
    return "but with target_session_attrs '" + target +
           "' a replica takes all that its clients send already: leave reads out here, or set "
           "target_session_attrs = \"primary\"";
  const std::string unknown = "but its servers are not asked which of them is a replica, ";
  if (database.hosts.size() > 1)
    return unknown + "since target_session_attrs is '" + target + "': leave that out, or reads";
  return unknown + "since it has one host: list all its servers in hosts, or leave reads out";
}

void checkReads(const Database& database, const RuleReport& report) {
  if (database.reading.reads == Reads::kPrimary || database.hosts.empty() || splitsReads(database)) return;
  report(pathOf(database) + ".reads", named(database) + " has reads '" +
                                          std::string(nameOf(database.reading.reads)) + "', " +
                                          whyNotSplit(database));
}

void checkWeights(const Database& database, const RuleReport& report) {
  const auto isOneOfIts = [&](const HostPort& host) {
    return std::any_of(database.hosts.begin(), database.hosts.end(), [&](const HostPort& each) {
      return each.host == host.host && (host.port == 0 || host.port == each.port);
    });
  };
  for (const HostWeight& each : database.reading.weights) {
    if (isOneOfIts(each.host)) continue;
    const std::string name = Weights::nameOf(each.host);
    report(pathOf(database) + ".weights." + name, "weights must name hosts of " + named(database) + " (" +
                                                      ListOf<HostPort>{}.show(database.hosts) + "), not '" +
                                                      name + "'");
  }
  const auto takesReads = [&](const HostPort& host) { return weightOf(database.reading, host) > 0; };
  if (!database.hosts.empty() && std::none_of(database.hosts.begin(), database.hosts.end(), takesReads))
    report(pathOf(database) + ".weights", "weights leaves " + named(database) +
                                              " no host that takes reads: give one of them more than 0, or "
                                              "leave reads to the primary with reads = \"primary\"");
}

}  // namespace

void checkReadRules(const Config& config, const RuleReport& report) {
  for (const auto& [name, database] : config.postgres.databases) {
    checkReads(database, report);
    checkWeights(database, report);
  }
}

}  // namespace forebay::conf
