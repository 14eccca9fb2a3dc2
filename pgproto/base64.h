// Base64 as RFC 4648 section 4 writes it: with padding, without line breaks.
#pragma once

#include <optional>
#include <string>

#include "base/bytes.h"

namespace forebay::pgproto {

std::string base64(Bytes raw);
// Strict: nullopt for a character outside the alphabet, wrong padding, or bits set behind the last byte.
std::optional<std::string> parseBase64(Bytes text);

}  // namespace forebay::pgproto
