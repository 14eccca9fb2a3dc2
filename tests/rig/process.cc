#include "tests/rig/process.h"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>

namespace forebay::rig {
namespace {

// What the child needs, made before fork(): between fork() and exec() it may not allocate.
struct Prepared {
  std::vector<std::string> environment;
  std::vector<char*> argv, envp;
  uid_t uid = 0;
  gid_t gid = 0;
  bool change_user = false;
};

void layOver(std::vector<std::string>& environment, const std::string& entry) {
  const std::string prefix = entry.substr(0, entry.find('=') + 1);
  std::erase_if(environment, [&](const std::string& e) { return e.starts_with(prefix); });
  environment.push_back(entry);
}

Prepared prepare(const Command& command) {
  Prepared out;
  for (char** entry = environ; *entry; ++entry) out.environment.emplace_back(*entry);
  for (const std::string& entry : command.environment) layOver(out.environment, entry);
  for (std::string& entry : out.environment) out.envp.push_back(entry.data());
  for (const std::string& word : command.argv) out.argv.push_back(const_cast<char*>(word.c_str()));
  out.envp.push_back(nullptr);
  out.argv.push_back(nullptr);
  if (!command.user.empty() && geteuid() == 0) {
    const passwd* user = getpwnam(command.user.c_str());
    if (!user) fail("no system user " + command.user);
    out.uid = user->pw_uid;
    out.gid = user->pw_gid;
    out.change_user = true;
  }
  return out;
}

[[noreturn]] void becomeChild(const Command& command, const Prepared& prepared, int output, pid_t parent) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  std::signal(SIGPIPE, SIG_DFL);
  setpgid(0, 0);
  const int null = open("/dev/null", O_RDONLY);
  dup2(null, STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  close_range(3, ~0U, 0);
  if (prepared.change_user &&
      (setgroups(1, &prepared.gid) || setgid(prepared.gid) || setuid(prepared.uid) || chdir("/"))) {
    _exit(126);
  }
  prctl(PR_SET_PDEATHSIG, command.death_signal);  // after setuid(), which would clear it
  if (getppid() != parent) _exit(126);            // the test died before the line above
  execvpe(prepared.argv[0], prepared.argv.data(), prepared.envp.data());
  constexpr std::string_view kMessage = "cannot execute the program\n";
  (void)!write(STDERR_FILENO, kMessage.data(), kMessage.size());
  _exit(127);
}

}  // namespace

Process::Process(const Command& command)
    : dir_("process"), name_(std::filesystem::path(command.argv.at(0)).filename().string()) {
  const Prepared prepared = prepare(command);
  const int output = open((dir_ / "output").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (output < 0) failErrno("cannot create the output file of " + name_);
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ == 0) becomeChild(command, prepared, output, parent);
  close(output);
  if (pid_ < 0) failErrno("cannot fork for " + name_);
  setpgid(pid_, pid_);  // also here: kill() must find the group even if the child has not run yet
  pidfd_ = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
  if (pidfd_ < 0) failErrno("pidfd_open");
}

Process::~Process() {
  kill();
  close(pidfd_);
}

void Process::signal(int number) const {
  if (!status_) ::kill(pid_, number);
}

std::optional<int> Process::wait(milliseconds limit) {
  if (status_) return status_;
  const SteadyTime deadline = std::chrono::steady_clock::now() + limit;
  pollfd ended{pidfd_, POLLIN, 0};
  while (poll(&ended, 1, pollTimeout(deadline)) < 0 && errno == EINTR) {
  }
  int raw = 0;
  if (waitpid(pid_, &raw, WNOHANG) == pid_) {
    status_ = WIFSIGNALED(raw) ? 128 + WTERMSIG(raw) : WEXITSTATUS(raw);
  }
  return status_;
}

void Process::kill() {
  ::kill(-pid_, SIGKILL);  // the group may hold grandchildren although the child itself is gone
  while (!wait(kPatience)) {
  }
}

std::string Process::output() const { return readFile(dir_ / "output"); }

size_t Process::waitForOutput(std::string_view text, size_t from, milliseconds limit) {
  const SteadyTime deadline = std::chrono::steady_clock::now() + limit;
  while (true) {
    const bool ended = !running();  // asked before reading: what it wrote last must not be missed
    const std::string seen = output();
    const size_t at = seen.find(text, from);
    if (at != std::string::npos) return at + text.size();
    const std::string wanted = "'" + std::string(text) + "' from " + name_ + "; its output:\n" + seen;
    if (ended) fail("status " + std::to_string(*status_) + " before " + wanted);
    if (std::chrono::steady_clock::now() >= deadline) fail("waited in vain for " + wanted);
    wait(milliseconds(2));
  }
}

bool isAlive(pid_t pid) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/stat");
  std::string stat;
  std::getline(in, stat);
  const size_t state = stat.rfind(')') + 2;  // a program's name may hold anything, but the last ')' ends it
  return stat.size() > state && stat[state] != 'Z' && stat[state] != 'X';
}

Finished run(const Command& command, milliseconds limit) {
  Process process(command);
  const std::optional<int> status = process.wait(limit);
  if (!status) fail(command.argv[0] + " did not end in time; its output:\n" + process.output());
  return {*status, process.output()};
}

std::string runOrFail(const Command& command, milliseconds limit) {
  Finished finished = run(command, limit);
  if (finished.status != 0) {
    fail(command.argv[0] + " failed with status " + std::to_string(finished.status) + ":\n" +
         finished.output);
  }
  return std::move(finished.output);
}

}  // namespace forebay::rig
