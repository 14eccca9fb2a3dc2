// PatroniApi asks the REST API of the Patroni that manages a cluster: what it knows, and for a promotion.
//
// Any member knows as much as the others, so they are tried in turn, beginning with the one that answered
// last. Not to be destroyed in a callback; afterwards none is called any more. On the control thread.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "conf/failover.h"
#include "gateway/net/http_client.h"
#include "gateway/probe/patroni_view.h"

namespace forebay::probe {

class PatroniApi {
 public:
  struct Answer {
    long status = 0;  // of HTTP; 200: it has been done
    std::string text;
  };

  PatroniApi(net::Loop& loop, net::Resolver& resolver, conf::PatroniSettings settings);

  // The error says of each member why it did not answer. Each has `timeout` for it.
  void askForView(Duration timeout, std::function<void(Result<PatroniView>)> done);
  // A switchover to that member where there is a leader, else a failover. Patroni answers when it has
  // happened, or has failed; an error: nothing came, and what has become of it is not known.
  void promote(const PatroniView& view, const std::string& candidate,
               std::function<void(Result<Answer>)> done);

  const conf::PatroniSettings& settings() const { return settings_; }

 private:
  struct Round;  // of asking all members

  void askNext(const std::shared_ptr<Round>& round);
  net::HttpRequest request(size_t member, std::string path, Duration timeout) const;
  size_t memberOf(const PatroniMember* leader) const;

  const conf::PatroniSettings settings_;
  net::HttpClient client_;
  size_t answered_ = 0;  // who did last
};

}  // namespace forebay::probe
