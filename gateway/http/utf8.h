// Names come from clients and need not be UTF-8, but metrics and JSON must be: one bad byte, and a whole
// scrape is thrown away.
#pragma once

#include <string>
#include <string_view>

namespace forebay::http {

// `text` with `\xHH` in place of each byte that is not part of well-formed UTF-8, so that two names stay two.
std::string toUtf8(std::string_view text);

}  // namespace forebay::http
