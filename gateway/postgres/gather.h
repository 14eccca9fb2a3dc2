// Gather collects what one turn sends to one connection, so that it leaves in one system call: runs that are passed on
// from where they were read, and small pieces made on the way.
//
// Neighbouring runs are joined. Runs must stay where they are until the gather is sent; pieces are kept by it.
#pragma once

#include <deque>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace forebay::postgres {

class Gather {
 public:
  void pass(Bytes run) {
    if (run.empty()) return;
    size_ += run.size();
    if (!runs_.empty() && runs_.back().data() + runs_.back().size() == run.data()) {
      runs_.back() = Bytes(runs_.back().data(), runs_.back().size() + run.size());
    } else {
      runs_.push_back(run);
    }
  }
  // A piece of our own; valid until clear().
  void add(std::string piece) {
    pieces_.push_back(std::move(piece));
    pass(pieces_.back());
  }

  std::span<const Bytes> runs() const { return runs_; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  void clear() {
    runs_.clear();
    pieces_.clear();
    size_ = 0;
  }

 private:
  std::vector<Bytes> runs_;
  std::deque<std::string> pieces_;  // a deque: what is in it stays where it is
  size_t size_ = 0;
};

}  // namespace forebay::postgres
