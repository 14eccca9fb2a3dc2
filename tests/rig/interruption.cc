#include "tests/rig/interruption.h"

#include <atomic>
#include <csignal>

namespace forebay::rig {
namespace {

std::atomic<bool> interrupted = false;
static_assert(std::atomic<bool>::is_always_lock_free);  // or a signal handler could not set it

extern "C" void interrupt(int) { interrupted = true; }

}  // namespace

void catchInterruptions() {
  struct sigaction action {};
  action.sa_handler = interrupt;
  action.sa_flags = static_cast<int>(SA_RESTART | SA_RESETHAND);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaction(number, &action, nullptr);
}

void throwIfInterrupted() {
  if (interrupted) throw Interrupted();
}

}  // namespace forebay::rig
