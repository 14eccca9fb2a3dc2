// Most texts can have no effect on the session, and it takes one fast look to know.
#pragma once

#include "base/bytes.h"

namespace forebay::pgproto {

// False when `text`, whose first word is no command with an effect of its own, holds none of the letters
// without which it can have none: "advi" (pg_advisory_lock), "nfig" (set_config), "temp", a semicolon, and
// U&"" which can spell anything. Looks at raw bytes, literals and comments included, 16 at a time: true means
// "read it properly".
[[gnu::hot]] bool mayHaveEffect(Bytes text);

}  // namespace forebay::pgproto
