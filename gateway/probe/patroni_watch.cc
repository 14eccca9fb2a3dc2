#include "gateway/probe/patroni_watch.h"

#include <algorithm>
#include <utility>

namespace forebay::probe {

PatroniWatch::PatroniWatch(net::Loop& loop, net::Resolver& resolver, conf::PatroniSettings settings,
                           Duration interval, Duration timeout, Told told)
    : loop_(loop),
      interval_(interval),
      timeout_(timeout),
      told_(std::move(told)),
      api_(loop, resolver, std::move(settings)),
      tick_(loop, [this] { ask(); }) {
  tick_.in(Duration::zero());
}

void PatroniWatch::setTimes(Duration interval, Duration timeout) {
  interval_ = interval;
  timeout_ = timeout;
}

void PatroniWatch::ask() {
  loop_.forgetNow();
  const Instant asked = loop_.now();
  api_.askForView(timeout_, [this, asked](const Result<PatroniView>& view) { take(view, asked); });
}

// `asked` is when the first of its members was: what another one told may be younger.
void PatroniWatch::take(const Result<PatroniView>& view, Instant asked) {
  loop_.forgetNow();
  tick_.in(std::max<Duration>(asked + interval_ - loop_.now(), milliseconds(1)));
  if (view.ok() != std::exchange(answers_, view.ok()))
    told_.event(view ? "Patroni answers again" : "Patroni does not answer: " + view.error());
  if (view) told_.said(*view, asked);
}

}  // namespace forebay::probe
