#include "pools/recent_texts.h"

#include <algorithm>
#include <cstring>

#include "pgproto/sql_alike.h"

namespace forebay::pools {
namespace {

// Of texts that begin alike and then differ in integers, these bytes are mostly the same.
constexpr size_t kBeginning = 32;

}  // namespace

size_t RecentTexts::placeOf(Bytes sql) {
  std::array<uint64_t, kBeginning / 8> words;
  std::memcpy(words.data(), sql.data(), kBeginning);
  uint64_t hash = 0;
  for (const uint64_t word : words) hash = (hash ^ word) * 0x9e3779b97f4a7c15;
  static_assert(kPlaces == 16);
  return hash >> 60;
}

const pgproto::Classification* RecentTexts::find(Bytes sql) const {
  if (sql.size() < kBeginning || sql.size() > kLongest) return nullptr;
  const Place& place = places_[placeOf(sql)];
  return pgproto::isAlike(place.sql(), sql, place.plain) ? &place.classification : nullptr;
}

void RecentTexts::remember(Bytes sql, const pgproto::Classification& classification) {
  if (sql.size() < kBeginning || sql.size() > kLongest) return;
  Place& place = places_[placeOf(sql)];
  place.size = static_cast<uint16_t>(sql.size());
  place.plain = pgproto::isPlainSql(sql);
  place.classification = classification;
  std::ranges::copy(sql, place.text.begin());
}

void RecentTexts::clear() {
  for (Place& place : places_) place.size = 0;
}

}  // namespace forebay::pools
