// The dialect of pgbouncer.ini, read as PgBouncer reads it.
//
// One "key = value" a line, the value reaching to the line's end; ';' and '#' begin a comment at the start of
// a line only; a key in quotes may hold any character; "%include FILE" stands for that file's lines.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "conf/load.h"

namespace forebay::conf {

struct IniEntry {
  std::string section, key, value;
  std::string place;  // "pgbouncer.ini:12"
};

// The entries in the order of the file, or every line that is none.
Result<std::vector<IniEntry>> readIni(const std::string& file, const Sources& sources);

// "host=pg port=5432 connect_query='SELECT ''x'''": pairs with values in single quotes where they hold
// blanks.
Result<std::vector<std::pair<std::string, std::string>>> splitConnectionString(std::string_view text);

}  // namespace forebay::conf
