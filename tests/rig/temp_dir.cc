#include "tests/rig/temp_dir.h"

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "tests/rig/error.h"

namespace forebay::rig {

namespace fs = std::filesystem;

namespace {

fs::path parentFolder() {
  if (std::getenv("TMPDIR")) return fs::temp_directory_path();
  constexpr uint64_t kPlenty = uint64_t{1} << 30;
  struct statvfs memory {};
  const bool usable = access("/dev/shm", W_OK) == 0 && statvfs("/dev/shm", &memory) == 0;
  return usable && uint64_t{memory.f_bavail} * memory.f_frsize > kPlenty ? "/dev/shm" : "/tmp";
}

constexpr std::string_view kPrefix = "forebay-test-";

// Removes the folders of processes that are no more: forebay-test-PID-...
void sweep(const fs::path& parent) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(parent, ignored)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(kPrefix)) continue;
    const pid_t pid = std::atoi(name.c_str() + kPrefix.size());
    if (pid > 0 && kill(pid, 0) != 0 && errno == ESRCH) fs::remove_all(entry.path(), ignored);
  }
}

}  // namespace

TempDir::TempDir(std::string_view label) {
  static const fs::path parent = [] {
    fs::path chosen = parentFolder();
    sweep(chosen);
    return chosen;
  }();
  std::string name = std::string(kPrefix) + std::to_string(getpid()) + "-" + std::string(label) + "-XXXXXX";
  name = (parent / name).string();
  if (!mkdtemp(name.data())) failErrno("cannot create " + name);
  path_ = name;
  chmod(name.c_str(), 0755);
}

TempDir::TempDir(TempDir&& other) noexcept : path_(std::move(other.path_)) { other.path_.clear(); }

TempDir::~TempDir() {
  if (path_.empty()) return;
  std::error_code ignored;
  if (std::getenv("FOREBAY_KEEP_TEMP")) {
    std::string kept = path_.string();
    kept.replace(kept.rfind(kPrefix), kPrefix.size(), "forebay-kept-");  // no later test sweeps it away
    fs::rename(path_, kept, ignored);
  } else {
    fs::remove_all(path_, ignored);
  }
}

fs::path TempDir::write(std::string_view name, std::string_view content) const {
  fs::path file = path_ / name;
  writeFile(file, content);
  return file;
}

std::string readFile(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) fail("cannot read " + file.string());
  std::ostringstream content;
  content << in.rdbuf();
  return content.str();
}

void writeFile(const fs::path& file, std::string_view content) {
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out.write(content.data(), static_cast<std::streamsize>(content.size())).flush();
  if (!out) fail("cannot write " + file.string());
  chmod(file.c_str(), 0600);
}

}  // namespace forebay::rig
