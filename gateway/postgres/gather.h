// Gather collects what one turn sends to one connection, so that it leaves in one system call: runs that are
// passed on from where they were read, and small pieces made on the way.
//
// Neighbouring runs are joined. Runs must stay where they are until the gather is sent; pieces are kept by
// it.
#pragma once

#include <cstring>
#include <deque>
#include <memory>
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
  // A copy of `piece`, kept until clear().
  void add(Bytes piece) {
    if (!piece.empty()) std::memcpy(room(piece.size()), piece.data(), piece.size());
  }
  // So many bytes more, to be written to before the gather is sent; they are kept until clear().
  char* room(size_t size) {
    char* at = nullptr;
    if (size > kSmallPieces - small_used_) {
      at = large_.emplace_back(size, '\0').data();
    } else {
      at = small_.get() + small_used_;
      small_used_ += size;
    }
    pass(Bytes(at, size));
    return at;
  }

  std::span<const Bytes> runs() const { return runs_; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  void clear() {
    if (empty()) return;
    runs_.clear();
    if (!large_.empty()) large_.clear();
    small_used_ = 0;
    size_ = 0;
  }

 private:
  static constexpr size_t kSmallPieces = 16384;

  std::vector<Bytes> runs_;
  std::unique_ptr<char[]> small_{new char[kSmallPieces]};
  size_t small_used_ = 0;
  std::deque<std::string> large_;  // a deque: what is in it stays where it is
  size_t size_ = 0;
};

}  // namespace forebay::postgres
