// ShellCommand runs one command of the settings by /bin/sh, in a process group of its own, and tells how it
// ended. It has this process' environment with `more` ("NAME=value") added, no input, and the log's stderr
// for what it says. When its time is over, or this object ends, the whole group is killed.
//
// Who owns it buries it in the callback. On its loop's thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "gateway/net/loop.h"
#include "gateway/net/tick.h"

namespace forebay::probe {

class ShellCommand final : public net::Mortal {
 public:
  // An error says how it failed: "it ended with status 3".
  using Done = std::function<void(Status)>;

  ShellCommand(net::Loop& loop, const std::string& command, const std::vector<std::string>& more,
               Duration timeout, Done done);
  ~ShellCommand() override;
  ShellCommand(const ShellCommand&) = delete;
  ShellCommand& operator=(const ShellCommand&) = delete;

 private:
  struct Child;  // outlives this object until the process has ended

  void overdue();
  void ended(Status status);

  const Done done_;
  Child* child_ = nullptr;
  std::string failure_{};  // it was not started, or killed
  net::Tick overdue_;
};

}  // namespace forebay::probe
