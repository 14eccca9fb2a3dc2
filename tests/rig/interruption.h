// Ctrl-C for a program of the rig that somebody watches: what it waits for ends with an error, so all that it
// started is cleaned up on the way out. Tests do without: whoever stops them is in a hurry.
#pragma once

#include "tests/rig/error.h"

namespace forebay::rig {

struct Interrupted : RigError {
  Interrupted() : RigError("interrupted") {}
};

// From now on the first SIGINT, SIGTERM or SIGHUP is an interruption; a second one ends the program at once.
void catchInterruptions();
// Throws Interrupted when there was one; eventually() asks that all the time.
void throwIfInterrupted();

}  // namespace forebay::rig
