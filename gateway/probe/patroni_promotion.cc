#include "gateway/probe/patroni_promotion.h"

#include <algorithm>
#include <utility>

#include "conf/address.h"
#include "pgproto/error.h"

namespace forebay::probe {
namespace {

constexpr seconds kViewPatience{5};  // for each member
constexpr const char* kWrongState = "55000";
constexpr long kDone = 200;

PromotionReport noAnswer(const std::string& why) {
  return {kWrongState, "Patroni does not answer, and nobody else may promote", why,
          "Nothing was promoted. See to Patroni first: it might promote another server at the same time. "
          "Where it is "
          "gone for good, take patroni out of the database's settings."};
}

PromotionReport notAMember(const std::string& host, const PatroniView& view) {
  std::string members;
  for (const PatroniMember& each : view.members)
    members.append(members.empty() ? "" : ", ")
        .append(each.name)
        .append(" at ")
        .append(conf::format(each.at));
  return {kWrongState, "Patroni knows no member at " + host, "Its members are " + members + ".",
          "Name the server in hosts as Patroni does in connect_address."};
}

PromotionReport reportOf(const std::string& host, const Result<PatroniApi::Answer>& answer) {
  if (!answer)
    return {std::string(pgproto::sqlstate::kTransactionResolutionUnknown),
            "whether " + host + " is promoted is not known: Patroni's answer did not come", answer.error(),
            "SHOW TOPOLOGY tells who is primary."};
  if (answer->status == kDone) return {"", answer->text};
  return {kWrongState, "Patroni refuses to promote " + host,
          "It answers " + std::to_string(answer->status) + ": " + answer->text,
          "`patronictl list` tells what it knows of its members."};
}

}  // namespace

void promoteByPatroni(PatroniApi& api, const std::string& host,
                      std::function<bool(const PatroniMember&)> is_it, PromotionDone done) {
  api.askForView(kViewPatience, [&api, host, is_it = std::move(is_it),
                                 done = std::move(done)](const Result<PatroniView>& view) {
    if (!view) return done(noAnswer(view.error()));
    const auto member = std::ranges::find_if(view->members, is_it);
    if (member == view->members.end()) return done(notAMember(host, *view));
    if (&*member == view->leader())
      return done(
          {kWrongState, host + " is the primary already", "Patroni's leader is " + member->name + ".", ""});
    api.promote(*view, member->name,
                [host, done](const Result<PatroniApi::Answer>& answer) { done(reportOf(host, answer)); });
  });
}

}  // namespace forebay::probe
