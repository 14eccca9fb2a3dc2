// The lines of an HBA or ident file, divided as PostgreSQL divides them.
//
// Blanks part fields; a comma directly behind a name continues its field as a list; "#" begins a comment;
// double quotes keep all of that, with "" for a quote; a backslash at the end of a line continues it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace forebay::conf {

struct HbaToken {
  std::string text;
  bool quoted = false;  // begins with a quote: a word such as all is then only a name
  bool is(std::string_view word) const { return !quoted && text == word; }
};
using HbaField = std::vector<HbaToken>;  // never empty

struct HbaLine {
  int number = 0;
  Result<std::vector<HbaField>> fields;  // an error: why the line cannot be divided
};

// The lines that hold anything.
std::vector<HbaLine> divideHbaLines(std::string_view text);

}  // namespace forebay::conf
