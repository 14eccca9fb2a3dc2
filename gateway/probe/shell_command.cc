#include "gateway/probe/shell_command.h"

#include <unistd.h>

#include <array>
#include <csignal>
#include <utility>

namespace forebay::probe {
namespace {

Status statusOf(int64_t status, int signal) {
  if (signal != 0) return Error{"it was ended by signal " + std::to_string(signal)};
  if (status != 0) return Error{"it ended with status " + std::to_string(status)};
  return Ok{};
}

// As libuv wants them, whose arrays are not const.
std::vector<char*> pointersTo(std::vector<std::string>& texts) {
  std::vector<char*> out;
  out.reserve(texts.size() + 1);
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

// What is named twice has the later value in the child, too: the first is left out.
std::vector<std::string> environmentWith(const std::vector<std::string>& more) {
  std::vector<std::string> out;
  for (char** each = environ; *each != nullptr; ++each) {
    const std::string_view entry(*each);
    bool replaced = false;
    for (const std::string& other : more)
      replaced = replaced || entry.starts_with(std::string_view(other).substr(0, other.find('=') + 1));
    if (!replaced) out.emplace_back(entry);
  }
  out.insert(out.end(), more.begin(), more.end());
  return out;
}

}  // namespace

struct ShellCommand::Child {
  static void closed(uv_handle_t* handle) { delete static_cast<Child*>(handle->data); }
  void close() { uv_close(reinterpret_cast<uv_handle_t*>(&process), &Child::closed); }
  void kill() const { ::kill(-process.pid, SIGKILL); }

  uv_process_t process{};
  ShellCommand* owner = nullptr;
};

ShellCommand::ShellCommand(net::Loop& loop, const std::string& command, const std::vector<std::string>& more,
                           Duration timeout, Done done)
    : done_(std::move(done)), child_(new Child), overdue_(loop, [this] { overdue(); }) {
  child_->owner = this;
  child_->process.data = child_;
  std::vector<std::string> words{"/bin/sh", "-c", command}, environment = environmentWith(more);
  std::vector<char*> arguments = pointersTo(words), variables = pointersTo(environment);
  std::array<uv_stdio_container_t, 3> streams{};
  streams[0].flags = UV_IGNORE;
  for (size_t i : {1, 2}) {
    streams[i].flags = UV_INHERIT_FD;
    streams[i].data.fd = STDERR_FILENO;
  }
  uv_process_options_t options{};
  options.file = arguments[0];
  options.args = arguments.data();
  options.env = variables.data();
  options.flags = UV_PROCESS_DETACHED;  // a session and a group of its own
  options.stdio_count = static_cast<int>(streams.size());
  options.stdio = streams.data();
  options.exit_cb = [](uv_process_t* process, int64_t status, int signal) {
    auto* child = static_cast<Child*>(process->data);
    ShellCommand* const owner = child->owner;
    child->close();
    if (owner != nullptr) owner->ended(statusOf(status, signal));
  };
  const int failure = uv_spawn(loop.native(), &child_->process, &options);
  overdue_.in(failure == 0 ? timeout : Duration::zero());
  if (failure == 0) return;
  failure_ = std::string("/bin/sh: ") + uv_strerror(failure);
  std::exchange(child_, nullptr)->close();
}

ShellCommand::~ShellCommand() {
  if (child_ == nullptr) return;
  child_->owner = nullptr;
  child_->kill();
}

void ShellCommand::overdue() {
  if (child_ == nullptr) return done_(Error{failure_});
  failure_ = "it took too long and was killed";
  child_->kill();
}

void ShellCommand::ended(Status status) {
  child_ = nullptr;
  overdue_.cancel();
  done_(failure_.empty() ? std::move(status) : Status(Error{failure_}));
}

}  // namespace forebay::probe
