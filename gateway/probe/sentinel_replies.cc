#include "gateway/probe/sentinel_replies.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <sstream>

#include "gateway/redis/reply_value.h"
#include "gateway/redis/words.h"
#include "redisproto/builder.h"

namespace forebay::probe {
namespace {

using redis::Element;
using redis::wholeNumber;
using Fields = std::map<std::string, std::string, std::less<>>;

constexpr size_t kMaxElements = 20'000;

bool isError(Bytes reply) { return reply.starts_with('-'); }

std::optional<conf::HostPort> hostOf(Bytes host, Bytes port) {
  const auto number = wholeNumber<uint16_t>(port);
  if (host.empty() || !number || *number == 0) return std::nullopt;
  return conf::HostPort{std::string(host), *number};
}

// Flat arrays of names and values, one behind the other.
std::vector<Fields> readTables(Bytes reply, bool one) {
  const std::vector<Element> all = redis::flatten(reply, kMaxElements);
  std::vector<Fields> out;
  for (size_t i = one ? 0 : 1; i < all.size();) {
    if (all[i].type != '*') return out;
    const size_t end = i + 1 + all[i].count;
    if (end > all.size()) return out;
    Fields fields;
    for (++i; i + 1 < end; i += 2) fields.emplace(all[i].text, all[i + 1].text);
    i = end;
    out.push_back(std::move(fields));
  }
  return out;
}

std::string_view valueOf(const Fields& fields, std::string_view name) {
  const auto found = fields.find(name);
  return found == fields.end() ? std::string_view() : std::string_view(found->second);
}

// Flags are a list such as "slave,s_down".
bool hasFlag(const Fields& fields, std::string_view flag) {
  std::istringstream flags{std::string(valueOf(fields, "flags"))};
  for (std::string each; std::getline(flags, each, ',');)
    if (each == flag) return true;
  return false;
}

bool isReachable(const Fields& fields) {
  return !hasFlag(fields, "s_down") && !hasFlag(fields, "disconnected");
}

void readMaster(Bytes reply, failover::SentinelWord& word) {
  const std::vector<Fields> tables = readTables(reply, true);
  if (tables.empty()) return;
  const Fields& master = tables.front();
  word.config_epoch = wholeNumber<uint64_t>(valueOf(master, "config-epoch")).value_or(0);
  word.troubled =
      hasFlag(master, "s_down") || hasFlag(master, "o_down") || hasFlag(master, "failover_in_progress");
  const auto recorded = hostOf(valueOf(master, "ip"), valueOf(master, "port"));
  word.promoting = recorded && *recorded != word.primary;
}

void readLists(const std::vector<std::string>& replies, failover::SentinelWord& word) {
  if (isError(replies[3])) return;
  word.has_lists = true;
  if (const auto id = redis::textOf(replies[2])) word.id = *id;
  for (const Fields& each : readTables(replies[3], false))
    if (const auto host = hostOf(valueOf(each, "ip"), valueOf(each, "port")); host && isReachable(each))
      word.replicas.push_back(*host);
  for (const Fields& each : readTables(replies[4], false))
    if (const auto host = hostOf(valueOf(each, "ip"), valueOf(each, "port")); host && isReachable(each))
      word.sentinels.push_back({*host, std::string(valueOf(each, "runid"))});
}

// ---- roles

std::optional<failover::RedisFacts> factsOf(std::string_view role) {
  if (role == "master") return failover::RedisFacts{.primary = true};
  if (role == "slave" || role == "replica") return failover::RedisFacts{.primary = false};
  return std::nullopt;  // "sentinel": this is none of the name's nodes
}

std::optional<failover::RedisFacts> readRoleReply(Bytes reply) {
  const std::vector<Element> all = redis::flatten(reply, 6);
  if (all.size() < 3 || all[0].type != '*') return std::nullopt;
  std::optional<failover::RedisFacts> facts = factsOf(all[1].text);
  if (!facts) return std::nullopt;
  if (facts->primary) {
    facts->offset = wholeNumber<uint64_t>(all[2].text);
  } else if (all.size() >= 6) {  // slave, host, port, state, offset
    facts->linked = all[4].text == "connected";
    facts->offset = wholeNumber<uint64_t>(all[5].text);
  }
  return facts;
}

std::optional<failover::RedisFacts> readInfoReply(Bytes reply) {
  const auto text = redis::textOf(reply);
  if (!text) return std::nullopt;
  Fields fields;
  std::istringstream lines{std::string(*text)};
  for (std::string line; std::getline(lines, line);) {
    if (line.ends_with('\r')) line.pop_back();
    if (const size_t colon = line.find(':'); colon != std::string::npos)
      fields.emplace(line.substr(0, colon), line.substr(colon + 1));
  }
  std::optional<failover::RedisFacts> facts = factsOf(valueOf(fields, "role"));
  if (!facts) return std::nullopt;
  facts->offset =
      wholeNumber<uint64_t>(valueOf(fields, facts->primary ? "master_repl_offset" : "slave_repl_offset"));
  facts->stream = valueOf(fields, "master_replid");
  if (facts->primary) return facts;
  facts->linked = valueOf(fields, "master_link_status") == "up";
  facts->syncing = valueOf(fields, "master_sync_in_progress") == "1";
  return facts;
}

}  // namespace

// ---- Sentinel

std::string askSentinel(const std::string& name, bool lists) {
  using redisproto::request;
  std::string out =
      request({"SENTINEL", "get-master-addr-by-name", name}) + request({"SENTINEL", "MASTER", name});
  if (lists)
    out += request({"SENTINEL", "MYID"}) + request({"SENTINEL", "REPLICAS", name}) +
           request({"SENTINEL", "SENTINELS", name});
  return out;
}

SentinelReply readSentinel(const std::vector<std::string>& replies) {
  using Kind = SentinelReply::Kind;
  const std::string& address = replies[0];
  if (isError(address)) return {.kind = Kind::kRefused, .error = std::string(redis::errorText(address))};
  const std::vector<Element> all = redis::flatten(address, 3);
  if (all.size() == 1 && all[0].type == '_') return {.kind = Kind::kUnaware};
  const auto primary = all.size() == 3 ? hostOf(all[1].text, all[2].text) : std::nullopt;
  if (!primary) return {.kind = Kind::kRefused, .error = "its answer is not an address"};
  SentinelReply out{.kind = Kind::kWord};
  out.word.primary = *primary;
  readMaster(replies[1], out.word);
  if (replies.size() == kLongReplies) readLists(replies, out.word);
  return out;
}

const std::string kSubscribeToHints = redisproto::request(
    {"SUBSCRIBE", "+switch-master", "+selected-slave", "+promoted-slave", "+failover-state-reconf-slaves",
     "+failover-end", "+try-failover", "+elected-leader", "+odown", "-odown", "+sdown", "-sdown",
     "+role-change", "-role-change", "+convert-to-slave", "+reboot", "+reset-master", "+config-update-from"});

// "<type> <name> <ip> <port>", and of what is no master "@ <master> <ip> <port>" behind it; +switch-master
// has
// "<master> <old ip> <old port> <new ip> <new port>".
std::optional<SentinelHint> readHint(Bytes message, const std::string& name) {
  const std::vector<Element> all = redis::flatten(message, 4);
  if (all.size() != 4 || all[1].text != "message") return std::nullopt;
  const Bytes event = all[2].text;
  std::istringstream text{std::string(all[3].text)};
  std::vector<std::string> words;
  for (std::string word; text >> word;) words.push_back(word);
  if (event == "+switch-master")
    return words.size() >= 5 && words[0] == name ? std::optional(SentinelHint{hostOf(words[3], words[4])})
                                                 : std::nullopt;
  if (words.size() < 4) return std::nullopt;
  if (words[0] == "master") return words[1] == name ? std::optional(SentinelHint{}) : std::nullopt;
  if (words.size() < 6 || words[0] != "slave" || words[4] != "@" || words[5] != name) return std::nullopt;
  SentinelHint hint;
  if (event == "+selected-slave" || event == "+promoted-slave") hint.selected = hostOf(words[2], words[3]);
  return hint;
}

// ---- Redis

std::string askRole(RoleQuestion question) {
  switch (question) {
    case RoleQuestion::kRole: return redisproto::request({"ROLE"});
    case RoleQuestion::kHello: return redisproto::request({"HELLO", "2"});
    case RoleQuestion::kInfo: return redisproto::request({"INFO", "replication"});
  }
  return {};
}

std::optional<failover::RedisFacts> readRole(RoleQuestion question, Bytes reply) {
  if (isError(reply)) return std::nullopt;
  switch (question) {
    case RoleQuestion::kRole: return readRoleReply(reply);
    case RoleQuestion::kHello: return factsOf(redis::readHello(reply).role);
    case RoleQuestion::kInfo: return readInfoReply(reply);
  }
  return std::nullopt;
}

}  // namespace forebay::probe
