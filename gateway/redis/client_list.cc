// CLIENT LIST: the gateway's clients, those of all workers. Who of them is blocked, Redis itself is asked: it
// may not have come to a request yet that has been sent, and whoever sees the flag counts on it.
#include <sys/socket.h>

#include <algorithm>
#include <optional>
#include <set>

#include "gateway/redis/client.h"
#include "gateway/redis/client_filter.h"
#include "gateway/redis/redis_worker.h"
#include "gateway/redis/server.h"
#include "gateway/redis/words.h"
#include "gateway/redis/worker_cache.h"

namespace forebay::redis {
namespace {

using Places = std::set<std::string, std::less<>>;

// Behind the line of a client that may be blocked stands where: the backend's id of its connection.
constexpr char kWhere = '\t';

// Calls `each` with every line, without its end.
template <typename Each>
void forEachLine(Bytes text, const Each& each) {
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    each(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

// Of a line as CLIENT LIST has it; empty: it has no such field.
Bytes fieldOf(Bytes line, Bytes name) {
  while (!line.empty()) {
    const size_t end = std::min(line.find(' '), line.size());
    if (line.starts_with(name)) return line.substr(name.size(), end - name.size());
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return {};
}

std::vector<Bytes> placesIn(Bytes lines) {
  std::vector<Bytes> places;
  forEachLine(lines, [&](Bytes line) {
    if (const size_t at = line.find(kWhere); at != Bytes::npos) places.push_back(line.substr(at + 1));
  });
  return places;
}

// Nothing: Redis does not tell, as one before 6.2 can not.
std::optional<Places> blockedPlaces(Bytes reply) {
  const auto lines = textOf(reply);
  if (!lines) return {};
  Places places;
  forEachLine(*lines, [&](Bytes line) {
    if (fieldOf(line, "flags=").find('b') != Bytes::npos) places.emplace(fieldOf(line, "id="));
  });
  return places;
}

std::string withoutBlocked(Bytes line) {
  std::string out(line), flags(fieldOf(line.substr(line.find(" flags=")), "flags="));
  const size_t at = out.find(" flags=") + 7, size = flags.size();
  std::erase(flags, 'b');
  return out.replace(at, size, flags.empty() ? "N" : flags);
}

// Without `blocked`, as far as the gateway knows.
std::string shown(Bytes listed, const std::optional<Places>& blocked, redisproto::Resp resp) {
  std::string lines, out;
  forEachLine(listed, [&](Bytes line) {
    const auto at = static_cast<size_t>(std::ranges::find(line, kWhere) - line.begin());
    const bool kept = !blocked || at == line.size() || blocked->contains(line.substr(at + 1));
    lines += kept ? std::string(line.substr(0, at)) : withoutBlocked(line.substr(0, at));
    lines += '\n';
  });
  redisproto::appendVerbatim(out, lines, resp);
  return out;
}

}  // namespace

Client::Step Client::list(const Request& request) {
  const auto filter = ClientFilter::ofList(request.args);
  if (!filter) return answerError(filter.error());
  if (outstanding_ > 0) return wait(Hold::kDrain);
  ask(
      [filter = *filter, cache = cache_.name()](RedisWorker& there) {
        std::string lines;
        const Instant now = there.loop().now();
        there.forEachClient([&](Client& client) {
          if (client.cache().name() != cache || !filter.matches(client)) return;
          lines += client.infoLine(now);
          if (client.mayWaitThere()) lines += kWhere + std::to_string(client.server()->backendId());
          lines += '\n';
        });
        return lines;
      },
      [](Client& client, const std::vector<std::string>& parts) {
        std::string all;
        for (const std::string& part : parts) all += part;
        client.listed(std::move(all));
      });
  return Step::kTaken;
}

void Client::listed(std::string lines) {
  const std::vector<Bytes> places = placesIn(lines);
  // Who monitors has Redis talk on its connection without being asked.
  if (places.empty() || monitors_ || reply_mode_ != ReplyMode::kOn) return told(shown(lines, {}, resp_));
  std::vector<Bytes> words{"CLIENT", "LIST", "ID"};
  words.insert(words.end(), places.begin(), places.end());
  std::string question;
  redisproto::appendRequest(question, words);
  extra().listed = std::move(lines);
  hold_ = Hold::kDrain;
  if (!leased_) {
    server_ = &cache_.lane(resp_, database_, false);
    on_slow_ = false;
  }
  ++outstanding_;
  server_->put(this, cache_.commands().byName("client|list"), Owed::Kind::kCollect, question);
}

void Client::toldOfWaiting(Bytes reply) {
  const std::string lines = std::exchange(extra_->listed, {});
  receive(shown(lines, blockedPlaces(reply), resp_), 1);
}

bool Client::mayWaitThere() const {
  return leased_ && outstanding_ > 0 && server_->allSent() && last_command_ != nullptr &&
         last_command_->is(redisproto::flag::kBlocking);
}

std::string Client::localAddress() const {
  sockaddr_storage local{};
  socklen_t size = sizeof local;
  if (::getsockname(socket_.fd(), reinterpret_cast<sockaddr*>(&local), &size) != 0) return "?";
  return net::PeerAddress(net::SocketAddress(reinterpret_cast<sockaddr*>(&local), size)).text();
}

// As CLIENT LIST has it; what only Redis itself could tell is missing.
std::string Client::infoLine(Instant now) const {
  const auto secondsSince = [now](Instant at) {
    return std::to_string(std::chrono::duration_cast<seconds>(now - at).count());
  };
  std::string flags;
  if (tracking_) flags += 't';
  if (monitors_) flags += 'O';
  if (listens()) flags += 'P';
  if (in_multi_) flags += 'x';
  if (mayWaitThere()) flags += 'b';
  if (flags.empty()) flags = "N";
  std::string out = "id=" + std::to_string(id_) + " addr=" + peer_.text() + " laddr=" + localAddress() +
                    " fd=" + std::to_string(socket_.fd());
  out.append(" name=").append(name());
  out += " age=" + secondsSince(connected_at_) + " idle=" + secondsSince(last_at_) + " flags=" + flags;
  out +=
      " db=" + std::to_string(database_) + " sub=" + std::to_string(count(pools::SubscriptionKind::kChannel));
  out += " psub=" + std::to_string(count(pools::SubscriptionKind::kPattern)) +
         " ssub=" + std::to_string(shardSubscriptions());
  out += std::string(" multi=") + (in_multi_ ? "0" : "-1") + " qbuf=" + std::to_string(in_.size()) +
         " omem=" + std::to_string(out_.size());
  std::string command(lastCommand());
  out.append(" cmd=").append(command).append(" user=").append(userName());
  out.append(" lib-name=").append(extra_ ? extra_->lib_name : "").append(" lib-ver=");
  out.append(extra_ ? extra_->lib_version : "")
      .append(" resp=")
      .append(resp_ == redisproto::Resp::k3 ? "3" : "2");
  return out;
}

}  // namespace forebay::redis
