#include "gateway/probe/patroni_api.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "conf/address.h"

namespace forebay::probe {
namespace {

// Patroni itself gives up after twenty rounds of a second and a look into its store.
constexpr seconds kPromotionPatience{120};

}  // namespace

struct PatroniApi::Round {
  Duration timeout;
  std::function<void(Result<PatroniView>)> done;
  size_t tried = 0;
  std::string failures{};
};

PatroniApi::PatroniApi(net::Loop& loop, net::Resolver& resolver, conf::PatroniSettings settings)
    : settings_(std::move(settings)), client_(loop, resolver) {}

net::HttpRequest PatroniApi::request(size_t member, std::string path, Duration timeout) const {
  return {.url = settings_.urls[member],
          .path = std::move(path),
          .user = settings_.user,
          .password = settings_.password,
          .tls_ca_file = settings_.tls_ca_file,
          .timeout = timeout};
}

void PatroniApi::askForView(Duration timeout, std::function<void(Result<PatroniView>)> done) {
  askNext(std::make_shared<Round>(Round{.timeout = timeout, .done = std::move(done)}));
}

void PatroniApi::askNext(const std::shared_ptr<Round>& round) {
  if (round->tried == settings_.urls.size()) return round->done(Error{round->failures});
  const size_t member = (answered_ + round->tried++) % settings_.urls.size();
  client_.send(request(member, "/cluster", round->timeout),
               [this, member, round](Result<net::HttpReply> reply) {
                 std::string failure = reply ? "status " + std::to_string(reply->status) : reply.error();
                 if (reply && reply->status == 200) {
                   Result<PatroniView> view = readPatroniView(reply->body);
                   if (view) {
                     answered_ = member;
                     return round->done(std::move(view));
                   }
                   failure = view.error();
                 }
                 round->failures.append(round->failures.empty() ? "" : "; ")
                     .append(conf::format(settings_.urls[member]))
                     .append(": ")
                     .append(failure);
                 askNext(round);
               });
}

// The leader acts at once on what itself was asked; another member's word it finds in its next round.
size_t PatroniApi::memberOf(const PatroniMember* leader) const {
  for (size_t member = 0; leader != nullptr && member < settings_.urls.size(); ++member)
    if (leader->api_url.starts_with(conf::format(settings_.urls[member]) + "/")) return member;
  return answered_;
}

void PatroniApi::promote(const PatroniView& view, const std::string& candidate,
                         std::function<void(Result<Answer>)> done) {
  const PatroniMember* leader = view.leader();
  nlohmann::json body{{"candidate", candidate}};
  if (leader != nullptr) body["leader"] = leader->name;
  net::HttpRequest asked =
      request(memberOf(leader), leader != nullptr ? "/switchover" : "/failover", kPromotionPatience);
  asked.json = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  client_.send(std::move(asked), [done = std::move(done)](Result<net::HttpReply> reply) {
    if (!reply) return done(Error{reply.error()});
    done(Answer{reply->status, std::move(reply->body)});
  });
}

}  // namespace forebay::probe
