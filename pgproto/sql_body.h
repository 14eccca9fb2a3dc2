// The inside of a DO block, of which only its language knows what runs: a procedural text, strings that it
// executes, names that it puts together. Every word in it counts, in strings and comments too: unsure means
// yes.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace forebay::pgproto {

// The effects that make a client keep its server. Effects that end such a state are never among them: for
// those, unsure means no.
uint32_t effectsOfBody(Bytes body);
// A body that cannot be read as it stands, such as an E'' string with escapes: all that effectsOfBody() could
// find.
uint32_t effectsOfUnreadableBody();

}  // namespace forebay::pgproto
