#include "gateway/postgres/key_queue.h"

#include <utility>

namespace forebay::postgres {

KeyQueue::Place::Place(KeyQueue& queue, Use use, std::string password, pgproto::ScramChallenge challenge,
                       KeyDerivation::Done done)
    : queue_(queue),
      password_(std::move(password)),
      challenge_(std::move(challenge)),
      done_(std::move(done)) {
  (use == Use::kLogin ? queue_.logins_ : queue_.refusals_).pushBack(*this);
  queue_.next();
}

KeyQueue::Place::~Place() {
  if (queue_.served_ == this) queue_.served_ = nullptr;
}

void KeyQueue::next() {
  auto& waiting = logins_.empty() ? refusals_ : logins_;
  if (under_way_ || waiting.empty()) return;
  served_ = &waiting.front();
  served_->unlink();
  under_way_ =
      std::make_unique<KeyDerivation>(loop_, std::move(served_->password_), served_->challenge_,
                                      [this](const pgproto::ScramClientKeys& keys) { derived(keys); });
}

void KeyQueue::derived(const pgproto::ScramClientKeys& keys) {
  under_way_.reset();
  Place* place = std::exchange(served_, nullptr);
  next();
  if (place == nullptr) return;
  const KeyDerivation::Done done = std::move(place->done_);
  done(keys);
}

}  // namespace forebay::postgres
