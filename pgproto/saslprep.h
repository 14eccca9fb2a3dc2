// SASLprep (RFC 4013): the same password typed on two keyboards becomes the same bytes.
#pragma once

#include <string>

#include "base/bytes.h"

namespace forebay::pgproto {

// The prepared password. One that is not UTF-8 or that SASLprep refuses (or empties) is returned as it is:
// PostgreSQL accepts such passwords, so does this.
std::string saslPrep(Bytes password);

}  // namespace forebay::pgproto
