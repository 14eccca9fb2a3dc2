// A SQL text. What it does to the session must not depend on how it is written.
#include <string>

#include "pgproto/sql.h"
#include "tests/fuzz/fuzz.h"

using namespace forebay;
using namespace forebay::fuzz;
using namespace forebay::pgproto;

namespace {

uint32_t effects(const std::string& sql) { return scanSql(sql).effects; }

std::string quoted(const std::string& text, char quote) {
  std::string out(1, quote);
  for (const char c : text) out.append(c == quote ? 2 : 1, c);
  return out + quote;
}

std::string upperCase(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return text;
}

void checkHidden(const std::string& sql) {
  require(effects("select " + quoted(sql, '\'')) == kNoEffect, "nothing in a string has an effect");
  require(effects("select 1 as " + quoted(sql, '"')) == kNoEffect, "nothing in a quoted name has an effect");
  if (sql.find("$hide") == std::string::npos)
    require(effects("select $hide$" + sql + "$hide$") == kNoEffect,
            "nothing in a dollar quote has an effect");
  if (sql.find_first_of("*/") == std::string::npos)
    require(effects("select 1 /*" + sql + "*/") == kNoEffect, "nothing in a comment has an effect");
  if (sql.find_first_of("\r\n") == std::string::npos)
    require(effects("select 1 --" + sql) == kNoEffect, "nor in one up to the line's end");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string sql(asBytes(data, size));
  const SqlScan scan = scanSql(sql);

  // A comment in front keeps the text from being waved through at a glance.
  const SqlScan read = scanSql("/**/" + sql);
  require(read.effects == scan.effects, "a glance sees no less than a reading");
  require(read.single_statement == scan.single_statement, "and counts the same statements");
  require(effects("select 1;" + sql) == scan.effects, "a statement in front changes nothing");
  require(effects(" \n" + sql) == scan.effects, "and neither do blanks");
  if (sql.find_first_of("$&\\\"") ==
      std::string::npos)  // tags, escapes and quoted names have a case of their own
    require(effects(upperCase(sql)) == scan.effects, "upper case is as good as lower");
  checkHidden(sql);
  return 0;
}
