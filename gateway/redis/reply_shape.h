// Whether a reply can be one to a command at all, by its first byte: the last line of defence against giving
// a client somebody else's reply. Only for shared connections, and only asserted: it costs a look-up per
// reply.
#pragma once

#include "redisproto/command.h"

namespace forebay::redis {

// True for commands whose replies may look like anything.
bool replyFits(const redisproto::Command* command, char type);

}  // namespace forebay::redis
