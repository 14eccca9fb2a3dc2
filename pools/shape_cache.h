// ShapeCache remembers which SQL texts only read, by their shapes (pgproto/sql_shape.h), so that a statement
// is parsed once and not each time that it comes with other literals.
//
// One belongs to one worker and one database. A known text costs no allocation and about as much as hashing
// it: 70 ns for one of 50 bytes, 150 ns for one of 200; a fifth of that if it is like one of the last. What
// was asked for least recently goes when the bytes run out. Shapes are compared whole, so no two texts can be
// made to meet, and their hash is seeded at random.
//
// An answer is good for as long as what it rests on: everything is forgotten when the epoch is another one,
// which stands for the catalog and whatever else changes what names mean.
#pragma once

#include <cstdint>
#include <list>
#include <string>
#include <unordered_map>

#include "base/bytes.h"
#include "pgproto/read_only.h"
#include "pgproto/sql_shape.h"
#include "pools/key_hash.h"
#include "pools/recent_texts.h"

namespace forebay::pools {

class ShapeCache {
 public:
  // `shaper` is the worker's, for all its caches.
  explicit ShapeCache(pgproto::SqlShaper& shaper, size_t max_bytes = size_t{4} << 20)
      : shaper_(shaper), max_bytes_(max_bytes) {}
  ShapeCache(const ShapeCache&) = delete;
  ShapeCache& operator=(const ShapeCache&) = delete;

  // What is known of `sql`. Null: nothing yet; learn() finds it out, or the text is taken for a write because
  // that is too dear right now. Texts that begin as writes do, and such as are too long, are never unknown
  // and take no room.
  [[gnu::hot]] const pgproto::Classification* find(Bytes sql, uint64_t epoch);
  // Parses what find() did not know, in the same turn and before any other shape is taken, and remembers it.
  pgproto::Classification learn(const pgproto::VolatilityCatalog* catalog);

  size_t size() const { return entries_.size(); }
  size_t bytes() const { return bytes_; }

 private:
  struct Entry {
    std::string shape;
    pgproto::Classification classification;
  };
  using Order = std::list<Entry>;  // the most recently used first

  static size_t weight(Bytes shape) { return shape.size() + kOverhead; }
  void clear();
  void makeRoom(size_t bytes);

  static constexpr size_t kOverhead = 192;  // what an entry costs beside its shape, about

  pgproto::SqlShaper& shaper_;
  const size_t max_bytes_;
  uint64_t epoch_ = 0;
  Bytes asked_;  // in the shaper: what find() did not know
  RecentTexts recent_;
  Order order_;
  std::unordered_map<Bytes, Order::iterator, NameHash> entries_;  // the names are in order_
  size_t bytes_ = 0;
};

}  // namespace forebay::pools
