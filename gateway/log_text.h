// Text from strangers made safe to print: nobody forges a log line or drives a terminal through a user name.
#pragma once

#include <string>
#include <string_view>

namespace forebay {

// Appends `text` as part of one line: control characters become \n, \t or \xNN, and so do bytes that are not
// UTF-8; a backslash is doubled, so that what was escaped here cannot be mistaken for what came in that way.
void appendPrintable(std::string& out, std::string_view text);

// Appends `text` as the inside of a JSON string (RFC 8259); bytes that are not UTF-8 become U+FFFD.
void appendJsonEscaped(std::string& out, std::string_view text);

}  // namespace forebay
