// Tick calls a function some time from now, on its loop's thread.
#pragma once

#include <functional>
#include <utility>

#include "base/deadlines.h"
#include "gateway/net/loop.h"

namespace forebay::net {

class Tick final : public Deadline {
 public:
  Tick(Loop& loop, std::function<void()> work) : loop_(loop), work_(std::move(work)) {}
  ~Tick() override { loop_.deadlines().disarm(*this); }

  void in(Duration delay) { loop_.deadlines().arm(*this, loop_.now() + delay); }
  void cancel() { loop_.deadlines().disarm(*this); }

 protected:
  void due(Instant) override { work_(); }

 private:
  Loop& loop_;
  std::function<void()> work_;
};

}  // namespace forebay::net
