#include "pools/slow_log.h"

#include <algorithm>

namespace forebay::pools {

void SlowLog::add(SlowRequest request) {
  ++added_;
  requests_.push_front(std::move(request));
  shorten();
}

std::vector<SlowRequest> SlowLog::newest(size_t count) const {
  const auto end = requests_.begin() + static_cast<std::ptrdiff_t>(std::min(count, requests_.size()));
  return {requests_.begin(), end};
}

void SlowLog::setMaxLen(size_t max_len) {
  max_len_ = max_len;
  shorten();
}

void SlowLog::shorten() {
  while (requests_.size() > max_len_) requests_.pop_back();
}

std::vector<SlowRequest> newestFirst(std::span<const std::vector<SlowRequest>> of_workers, size_t count) {
  std::vector<SlowRequest> all;
  for (const std::vector<SlowRequest>& requests : of_workers)
    all.insert(all.end(), requests.begin(), requests.end());
  std::stable_sort(all.begin(), all.end(),
                   [](const SlowRequest& a, const SlowRequest& b) { return a.at > b.at; });
  if (all.size() > count) all.erase(all.begin() + static_cast<std::ptrdiff_t>(count), all.end());
  return all;
}

}  // namespace forebay::pools
