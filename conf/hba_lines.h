// The lines of an HBA or ident file, divided as PostgreSQL divides them.
//
// Blanks part fields; a comma directly behind a name continues its field as a list; "#" begins a comment;
// double quotes keep all of that, with "" for a quote; a backslash at the end of a line continues it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "conf/places.h"

namespace forebay::conf {

struct HbaToken {
  std::string text;
  bool quoted = false;  // begins with a quote: a word such as all is then only a name
  Place place{};
  bool is(std::string_view word) const { return !quoted && text == word; }
};
using HbaField = std::vector<HbaToken>;  // never empty

struct HbaLine {
  uint32_t number = 0;  // of the first one, where it is continued
  std::vector<HbaField> fields;
  std::string wrong;  // why it cannot be divided; empty when it can
  Place end{};        // behind its last character, or where it is wrong
};

// The lines that hold anything.
std::vector<HbaLine> divideHbaLines(std::string_view text);

}  // namespace forebay::conf
