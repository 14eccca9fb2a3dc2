#include "gateway/probe/postgres_probes.h"

#include <algorithm>
#include <utility>

#include "conf/address.h"
#include "pgproto/password.h"

namespace forebay::probe {
namespace {

std::string keyOf(const conf::Database& database) {
  std::string key;
  for (const conf::HostPort& host : database.hosts)
    key.append(key.empty() ? "" : ",").append(conf::format(host));
  return key;
}

Login loginFor(const conf::Config& config, const conf::Database& database) {
  conf::ProbeLogin as = conf::probeLoginOf(config.failover, database);
  Login login{std::move(as.user), std::move(as.password), std::move(as.dbname), config.postgres.server_tls};
  const std::string* listed = config.userlist.find(login.user);
  if (login.password.empty() && listed != nullptr &&
      pgproto::secretKind(*listed) == pgproto::SecretKind::kPlain)
    login.password = *listed;
  login.tls.sslmode = database.server_tls_sslmode.value_or(login.tls.sslmode);
  return login;
}

// Databases on the same hosts have the same manager: it is enough that one of them names it.
Management managementOf(const conf::Config& config, const std::vector<const conf::Database*>& databases) {
  Management out;
  out.database = databases.front()->name;
  std::optional<conf::Promote> promote;
  for (const conf::Database* database : databases) {
    if (out.patroni.urls.empty()) out.patroni = database->patroni;
    if (!promote) promote = database->promote;
  }
  out.automatic = promote.value_or(config.failover.promote) == conf::Promote::kAuto;
  return out;
}

}  // namespace

PostgresProbes::PostgresProbes(net::Loop& loop, MemoryFile memory, Told told)
    : loop_(loop),
      resolver_(std::make_unique<net::UvNameLookup>(loop.native()), {}),
      memory_(std::move(memory)),
      told_(std::move(told)) {}

PostgresProbes::~PostgresProbes() = default;

void PostgresProbes::apply(const conf::Config& config) {
  resolver_.setTtl(net::Resolver::ttlOf(config.postgres));
  std::map<std::string, std::vector<const conf::Database*>> wanted;
  for (const auto& [name, database] : config.postgres.databases)
    if (conf::targetOf(database) != conf::TargetSessionAttrs::kAny)
      wanted[keyOf(database)].push_back(&database);
  std::vector<std::string> before;
  forEach([&](const std::string& database, const PostgresCluster&) { before.push_back(database); });
  std::erase_if(clusters_, [&](const auto& known) { return !wanted.contains(known.first); });
  for (const auto& [key, databases] : wanted) {
    std::unique_ptr<Watched>& watched = clusters_[key];
    if (!watched) watched = std::make_unique<Watched>();
    watched->databases.clear();
    for (const conf::Database* database : databases) watched->databases.push_back(database->name);
    if (!watched->cluster || watched->cluster->login() != loginFor(config, *databases.front()))
      watched->cluster = watch(key, *watched, config, *databases.front());
    watched->cluster->apply(config.failover, managementOf(config, databases));
    told_.changed(watched->databases, watched->cluster->topology());
  }
  std::erase_if(before, [this](const std::string& database) { return of(database) != nullptr; });
  if (!before.empty()) told_.changed(before, nullptr);
}

std::unique_ptr<PostgresCluster> PostgresProbes::watch(const std::string& key, Watched& watched,
                                                       const conf::Config& config,
                                                       const conf::Database& database) {
  PostgresCluster::Told told;
  told.changed = [this, &watched](const failover::TopologyPtr& topology) {
    told_.changed(watched.databases, topology);
  };
  told.measured = [this, &watched](const failover::TopologyPtr& topology) {
    told_.measured(watched.databases, topology);
  };
  told.event = [this, &watched](const failover::Event& event) {
    told_.event(watched.databases.front(), event);
  };
  told.remember = [this, key](const failover::Memory& memory) {
    if (const Status kept = memory_.remember(key, memory); !kept) told_.problem(kept.error());
  };
  return std::make_unique<PostgresCluster>(loop_, resolver_, database.hosts, loginFor(config, database),
                                           config.failover, memory_.of(key), std::move(told));
}

PostgresCluster* PostgresProbes::of(std::string_view database) const {
  for (const auto& [key, watched] : clusters_)
    if (std::ranges::find(watched->databases, database) != watched->databases.end())
      return watched->cluster.get();
  return nullptr;
}

void PostgresProbes::doubt(std::string_view database, const conf::HostPort& host) {
  if (PostgresCluster* cluster = of(database)) cluster->doubt(host);
}

void PostgresProbes::forget(std::string_view database) {
  for (const auto& [key, watched] : clusters_)
    if (database.empty() || std::ranges::find(watched->databases, database) != watched->databases.end())
      watched->cluster->forget();
}

}  // namespace forebay::probe
