// RecentTexts remembers of the last few SQL texts whether they read, so that the next one that is like one of
// them need not have its shape taken (pgproto/sql_alike.h).
//
// A text has one place, found by how it begins, and takes it from whoever had it. Nothing is allocated; 9
// KiB. Not thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "pgproto/read_only.h"

namespace forebay::pools {

class RecentTexts {
 public:
  // Null: none is like it, as far as a glance tells.
  [[gnu::hot]] const pgproto::Classification* find(Bytes sql) const;
  void remember(Bytes sql, const pgproto::Classification& classification);
  void clear();

 private:
  static constexpr size_t kPlaces = 16, kLongest = 512;

  struct Place {
    uint16_t size = 0;  // 0: it is empty
    bool plain = false;
    pgproto::Classification classification{};
    std::array<char, kLongest> text;

    Bytes sql() const { return {text.data(), size}; }
  };

  static size_t placeOf(Bytes sql);

  std::array<Place, kPlaces> places_;
};

}  // namespace forebay::pools
