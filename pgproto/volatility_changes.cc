#include <algorithm>
#include <iterator>

#include "pgproto/volatility_catalog.h"

namespace forebay::pgproto {
namespace {

// What kVolatilityQuery does not look at, and what can only make its answer more careful than it must be. A
// new table may be unlogged, or bring a sequence that is ahead of itself on a standby. But a standby refuses
// the first, whoever asks the second for its last value gets the right one after the next load, and programs
// make temporary tables all the time.
constexpr Bytes kNoMatter[] = {
    "ALTER DATABASE",     "ALTER PUBLICATION",   "ALTER ROLE",         "ALTER STATISTICS",
    "ALTER SUBSCRIPTION", "ALTER SYSTEM",        "ALTER TABLESPACE",   "ALTER TRIGGER",
    "CREATE DATABASE",    "CREATE INDEX",        "CREATE PUBLICATION", "CREATE ROLE",
    "CREATE STATISTICS",  "CREATE SUBSCRIPTION", "CREATE TABLE",       "CREATE TABLE AS",
    "CREATE TABLESPACE",  "CREATE TRIGGER",      "DROP DATABASE",      "DROP INDEX",
    "DROP PUBLICATION",   "DROP ROLE",           "DROP SEQUENCE",      "DROP STATISTICS",
    "DROP SUBSCRIPTION",  "DROP TABLE",          "DROP TABLESPACE",    "DROP TRIGGER",
};

bool matters(Bytes tag) { return !std::binary_search(std::begin(kNoMatter), std::end(kNoMatter), tag); }

}  // namespace

bool changesCatalog(Bytes tag) {
  switch (tag.empty() ? '\0' : tag.front()) {
    case 'A': return tag.starts_with("ALTER ") && matters(tag);
    case 'C':  // not COMMIT, COPY and CLOSE
      return (tag.starts_with("CREATE ") && matters(tag)) || tag == "CALL" || tag == "COMMIT PREPARED";
    case 'D':  // not DELETE and DISCARD
      return (tag.starts_with("DROP ") && matters(tag)) || tag == "DO";
    case 'I': return tag == "IMPORT FOREIGN SCHEMA";  // not INSERT
    default: return false;
  }
}

}  // namespace forebay::pgproto
