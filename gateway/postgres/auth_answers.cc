#include "gateway/postgres/auth_answers.h"

#include <utility>

namespace forebay::postgres {

const AuthAnswers::Secret* AuthAnswers::find(const AuthRequest& request, Instant now) const {
  const auto found = by_request_.find(request);
  return found != by_request_.end() && now < found->second->expires ? &found->second->secret : nullptr;
}

void AuthAnswers::keep(const AuthRequest& request, Secret secret, Instant now, Instant expires) {
  forget(request);
  if (expires <= now) return;
  by_age_.push_back({request, std::move(secret), expires});
  by_request_.emplace(request, std::prev(by_age_.end()));
  while (by_age_.front().expires <= now || by_age_.size() > most_) {
    by_request_.erase(by_age_.front().request);
    by_age_.pop_front();
  }
}

void AuthAnswers::forget(const AuthRequest& request) {
  const auto found = by_request_.find(request);
  if (found == by_request_.end()) return;
  by_age_.erase(found->second);
  by_request_.erase(found);
}

void AuthAnswers::clear() {
  by_request_.clear();
  by_age_.clear();
}

}  // namespace forebay::postgres
