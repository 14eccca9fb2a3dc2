#include "pgproto/sql_body.h"

#include "pgproto/sql.h"
#include "pgproto/sql_lexer.h"

namespace forebay::pgproto {
namespace {

bool startsFolded(Bytes text, Bytes lower) { return equalsFolded(text.substr(0, lower.size()), lower); }

bool isWordByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// What `SET` means is in the next word: SET LOCAL ends with the transaction, ALTER COLUMN x SET NOT NULL is
// no SET.
bool setsNothing(Bytes word_behind_set) {
  return equalsFolded(word_behind_set, "local") || equalsFolded(word_behind_set, "not") ||
         equalsFolded(word_behind_set, "null") || equalsFolded(word_behind_set, "default");
}

uint32_t effectOfWord(Bytes word) {
  switch (foldAscii(word[0])) {
    case 'h': return equalsFolded(word, "hold") ? kDeclaresHold : kNoEffect;
    case 'l':
      if (equalsFolded(word, "listen")) return kListens;
      return equalsFolded(word, "load") ? kLoads : kNoEffect;
    case 'p':
      if (startsFolded(word, "pg_advisory_lock") || startsFolded(word, "pg_try_advisory_lock"))
        return kTakesAdvisoryLock;
      if (startsFolded(word, "pg_temp")) return kCreatesTemp;
      return equalsFolded(word, "prepare") ? kPrepares : kNoEffect;
    case 's': return equalsFolded(word, "set_config") ? kSets : kNoEffect;
    case 't': return equalsFolded(word, "temp") || equalsFolded(word, "temporary") ? kCreatesTemp : kNoEffect;
    default: return kNoEffect;
  }
}

}  // namespace

uint32_t effectsOfBody(Bytes body) {
  uint32_t effects = kNoEffect;
  bool behind_set = false;
  for (size_t i = 0; i < body.size();) {
    const size_t start = i;
    while (i < body.size() && isWordByte(body[i])) ++i;
    if (i == start) {
      ++i;
      continue;
    }
    const Bytes word = body.substr(start, i - start);
    if (behind_set && !setsNothing(word)) effects |= kSets;
    behind_set = equalsFolded(word, "set");
    effects |= effectOfWord(word);
  }
  return behind_set ? effects | kSets : effects;
}

uint32_t effectsOfUnreadableBody() {
  return kDeclaresHold | kListens | kLoads | kTakesAdvisoryLock | kCreatesTemp | kPrepares | kSets;
}

}  // namespace forebay::pgproto
