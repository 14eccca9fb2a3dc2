// The statements that are read to their end: SET, RESET and DEALLOCATE.
#include <string>

#include "pgproto/sql.h"
#include "tests/fuzz/fuzz.h"

using namespace forebay;
using namespace forebay::fuzz;
using namespace forebay::pgproto;

namespace {

std::string quoted(Bytes text, char quote) {
  std::string out(1, quote);
  for (const char c : text) out.append(c == quote ? 2 : 1, c);
  return out + quote;
}

void checkSet(Bytes sql) {
  SetStatement set;
  if (!parseSetStatement(sql, set)) return;
  requireInside(set.value, sql);
  require(set.name_size > 0 && set.name_size <= sizeof set.name, "a parameter has a name, which fits");
  require(!set.reset || set.value.empty(), "a parameter that is reset gets no value");
  const SqlScan scan = scanSql(sql);
  require(scan.single_statement && (scan.effects & (kSets | kResets)) != 0,
          "both readers agree that it sets");

  const Bytes name(set.name, set.name_size);
  std::string value;
  if (set.reset || name.find('.') != Bytes::npos || !appendSetValue(set, value)) return;
  SetStatement again;
  const std::string rebuilt = "SET " + quoted(name, '"') + " TO " + quoted(value, '\'');
  require(parseSetStatement(rebuilt, again) && Bytes(again.name, again.name_size) == name,
          "the name comes back");
  std::string value_again;
  if (appendSetValue(again, value_again)) require(value_again == value, "the value comes back");
}

void checkDeallocate(Bytes sql) {
  std::string name, again;
  if (!parseDeallocate(sql, name)) return;
  const SqlScan scan = scanSql(sql);
  require(scan.single_statement && scan.effects == kDeallocates,
          "both readers agree that it deallocates one");
  require(parseDeallocate("DEALLOCATE PREPARE " + quoted(name, '"'), again) && again == name,
          "the name comes back");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Bytes sql = asBytes(data, size);
  checkSet(sql);
  checkDeallocate(sql);
  if (resetsAll(sql)) require((scanSql(sql).effects & kResets) != 0, "both readers agree that it resets");
  return 0;
}
