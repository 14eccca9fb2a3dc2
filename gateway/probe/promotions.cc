#include "gateway/probe/promotions.h"

#include <utility>

#include "conf/address.h"
#include "gateway/probe/patroni_promotion.h"
#include "pgproto/error.h"

namespace forebay::probe {
namespace {

constexpr const char* kWrongState = "55000";

PromotionReport interrupted(const std::string& why) {
  return {std::string(pgproto::sqlstate::kTransactionResolutionUnknown),
          "whether the promotion has happened is not known: " + why, "",
          "SHOW TOPOLOGY tells who is primary."};
}

std::vector<std::string> environmentOf(const std::string& database, uint64_t system_identifier,
                                       const conf::HostPort& former, const conf::HostPort& candidate) {
  return {"FOREBAY_DATABASE=" + database,
          "FOREBAY_SYSTEM_IDENTIFIER=" + std::to_string(system_identifier),
          "FOREBAY_OLD_PRIMARY_HOST=" + former.host,
          "FOREBAY_OLD_PRIMARY_PORT=" + std::to_string(former.port),
          "FOREBAY_NEW_PRIMARY_HOST=" + candidate.host,
          "FOREBAY_NEW_PRIMARY_PORT=" + std::to_string(candidate.port)};
}

}  // namespace

Promotions::Promotions(net::Loop& loop, net::Resolver& resolver, const failover::PrimaryMonitor& monitor,
                       Login login, Told told)
    : loop_(loop), resolver_(resolver), monitor_(monitor), login_(std::move(login)), told_(std::move(told)) {}

Promotions::~Promotions() {
  if (asked_) asked_(interrupted("what is known of these servers is learnt anew"));
}

void Promotions::apply(const conf::FailoverSettings& settings, bool automatic, std::string database) {
  promoter_.setRules({automatic, settings.promote_delay});
  fencing_command_ = settings.fencing_command;
  fencing_timeout_ = settings.fencing_timeout;
  database_ = std::move(database);
}

std::string Promotions::nameOf(size_t node) const {
  return conf::format(monitor_.topology().nodes[node].host);
}

// ---- by an operator's word

bool Promotions::begin(size_t node, const PromotionDone& done) {
  if (!promoter_.begin()) {
    done({kWrongState, "another promotion of this database's servers is under way",
          "It is that of " + nameOf(node_) + ".", "SHOW EVENTS tells what becomes of it."});
    return false;
  }
  node_ = node;
  asked_ = done;
  return true;
}

// What was said before may be true no more: a replica may have received what was written last.
void Promotions::afterNewAnswers(std::function<void()> next) {
  loop_.forgetNow();
  since_ = loop_.now();
  next_ = std::move(next);
  told_.hurry();
}

void Promotions::promote(size_t node, PromotionDone done) {
  if (begin(node, done)) afterNewAnswers([this, node] { check(node); });
}

void Promotions::check(size_t node) {
  if (const auto refusal = failover::whyNotPromote(monitor_.topology(), node))
    return end(node, {kWrongState, refusal->message, refusal->detail, refusal->hint});
  told_.event({nameOf(node), "to be promoted, by an operator's word"});
  promoteDirectly(node);
}

void Promotions::promoteBy(PatroniApi& api, size_t node, std::function<bool(const PatroniMember&)> is_it,
                           PromotionDone done) {
  if (!begin(node, done)) return;
  by_patroni_ = true;
  told_.event({nameOf(node), "to be promoted by Patroni, by an operator's word"});
  promoteByPatroni(api, nameOf(node), std::move(is_it),
                   [this, node](const PromotionReport& report) { end(node, report); });
}

void Promotions::managerChanged() {
  if (by_patroni_) return end(node_, interrupted("the settings have another Patroni by now"));
  if (next_ || fencing_)
    end(node_, {kWrongState, "the settings have changed meanwhile", "Nothing was promoted.", "Ask again."});
}

void Promotions::promoteDirectly(size_t node) {
  promotion_ = std::make_unique<PostgresPromotion>(
      loop_, resolver_, monitor_.topology().nodes[node].host, login_, monitor_.memory().system_identifier,
      [this, node](const PromotionReport& report) { end(node, report); });
  promotion_->start();
}

void Promotions::end(size_t node, const PromotionReport& report) {
  if (promotion_) loop_.bury(std::move(promotion_));
  if (fencing_) loop_.bury(std::move(fencing_));
  next_ = nullptr;
  by_patroni_ = false;
  loop_.forgetNow();
  promoter_.ended(loop_.now());
  std::string what = report.done() ? "promoted: " : "not promoted: ";
  what += report.message;
  if (!report.done() && !report.detail.empty()) what += " (" + report.detail + ")";
  told_.event({nameOf(node), std::move(what)});
  if (const PromotionDone asked = std::exchange(asked_, nullptr)) asked(report);
  told_.hurry();
}

// ---- by its own

void Promotions::consider(Instant now) {
  if (next_ && failover::heardSince(monitor_.topology(), since_)) std::exchange(next_, nullptr)();
  const std::optional<size_t> former = monitor_.lastPrimary();
  const std::optional<size_t> node = promoter_.decide(monitor_.topology(), former, now);
  if (const std::optional<std::string> why_not = promoter_.takeNews())
    told_.event({{}, "nobody is promoted: " + *why_not});
  if (node) fence(*node, *former);
}

void Promotions::fence(size_t node, size_t former) {
  node_ = node;
  told_.event({nameOf(node), "to be promoted, once " + nameOf(former) + " is fenced"});
  const auto& nodes = monitor_.topology().nodes;
  fencing_ = std::make_unique<ShellCommand>(
      loop_, fencing_command_,
      environmentOf(database_, monitor_.memory().system_identifier, nodes[former].host, nodes[node].host),
      fencing_timeout_, [this, node](const Status& status) { fenced(node, status); });
}

void Promotions::fenced(size_t node, const Status& status) {
  if (!fencing_) return;  // it was given up in the turn in which it ended
  loop_.bury(std::move(fencing_));
  if (!status) return end(node, {kWrongState, "the fencing command has failed: " + status.error()});
  told_.event({nameOf(node), "the fencing command has succeeded"});
  afterNewAnswers([this, node] { checkFenced(node); });
}

// Much may have happened meanwhile: the former primary may be back, or have written more before its end.
void Promotions::checkFenced(size_t node) {
  const failover::Topology& topology = monitor_.topology();
  const failover::Candidate candidate = failover::chooseCandidate(topology, monitor_.lastPrimary());
  if (topology.primary)
    return end(node, {kWrongState, nameOf(*topology.primary) + " has become primary meanwhile"});
  if (!candidate.node) return end(node, {kWrongState, candidate.why_not});
  if (candidate.node != node)
    return end(node, {kWrongState, nameOf(*candidate.node) + " has become the furthest replica meanwhile"});
  promoteDirectly(node);
}

}  // namespace forebay::probe
