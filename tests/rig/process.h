// Process is a child process that cannot outlive the test that started it.
//
// It runs in a process group of its own; the destructor kills the group and reaps the child, and the kernel
// kills the child when the thread that started it dies without getting that far (so start long-lived ones
// from the main thread). Standard output and error go to one file, so a child never blocks on a test that
// does not read.
#pragma once

#include <sys/types.h>

#include <csignal>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/rig/error.h"
#include "tests/rig/temp_dir.h"

namespace forebay::rig {

struct Command {
  std::vector<std::string> argv{};         // argv[0] is looked up in PATH
  std::vector<std::string> environment{};  // "NAME=value", laid over the test's own
  std::string user{};                      // system user to run as, when the test is root; empty: as the test
  int death_signal = SIGKILL;              // what the kernel sends when the test dies
};

class Process {
 public:
  explicit Process(const Command& command);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  bool running() { return !wait(milliseconds(0)).has_value(); }
  void signal(int number) const;  // to the child alone; ignored once it has been reaped

  // The exit status as a shell tells it (128 + n: killed by signal n); nullopt: still running after `limit`.
  std::optional<int> wait(milliseconds limit);
  // SIGKILL to the whole group; returns when the child is gone.
  void kill();

  std::string output() const;
  // Waits for `text` in the output from position `from` on and returns the position behind it. Throws with
  // the output when the child ends first or `limit` passes.
  size_t waitForOutput(std::string_view text, size_t from = 0, milliseconds limit = kPatience);

 private:
  TempDir dir_;
  std::string name_;
  pid_t pid_ = -1;
  int pidfd_ = -1;
  std::optional<int> status_;  // once reaped
};

// False when there is no such process, or only what nobody has reaped yet.
bool isAlive(pid_t pid);

// Runs a command to its end, at most `limit`; throws when it takes longer.
struct Finished {
  int status = 0;
  std::string output;
};
Finished run(const Command& command, milliseconds limit = kPatience);

// The same for a command that must succeed: throws with its output when it does not.
std::string runOrFail(const Command& command, milliseconds limit = kPatience);

}  // namespace forebay::rig
