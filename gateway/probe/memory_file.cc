#include "gateway/probe/memory_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

namespace forebay::probe {
namespace {

using Json = nlohmann::json;

Error failure(std::string_view what, const std::string& path) {
  return {"cannot " + std::string(what) + " " + path + ": " + std::strerror(errno)};
}

Status writeWhole(const std::string& path, const std::string& text) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return failure("write", path);
  const bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const bool kept = written && ::fsync(fd) == 0;
  const Status status = kept ? Status(Ok{}) : Status(failure("write", path));
  ::close(fd);
  return status;
}

}  // namespace

Result<MemoryFile> MemoryFile::open(std::string dir) {
  MemoryFile memory;
  if (dir.empty()) return memory;
  if (::access(dir.c_str(), W_OK | X_OK) != 0) return failure("write to [state] dir", dir);
  memory.path_ = std::move(dir) + "/topology.json";
  std::ifstream file(memory.path_);
  if (!file) return memory;
  const Json all = Json::parse(file, nullptr, false);
  if (!all.is_object())
    return Error{memory.path_ + " is not what Forebay wrote there: move it away to begin without a memory"};
  for (const auto& [name, known] : all.items())
    if (known.is_object())
      memory.clusters_[name] = {known.value("system_identifier", uint64_t{0}),
                                known.value("timeline", uint32_t{0}), known.value("epoch", uint64_t{0})};
  return memory;
}

failover::Memory MemoryFile::of(std::string_view cluster) const {
  const auto found = clusters_.find(cluster);
  return found == clusters_.end() ? failover::Memory{} : found->second;
}

Status MemoryFile::remember(const std::string& cluster, const failover::Memory& memory) {
  clusters_[cluster] = memory;
  if (path_.empty()) return Ok{};
  Json all = Json::object();
  for (const auto& [name, known] : clusters_)
    all[name] = {
        {"system_identifier", known.system_identifier}, {"timeline", known.timeline}, {"epoch", known.epoch}};
  const std::string draft = path_ + ".new";
  const Status written = writeWhole(draft, all.dump(2) + "\n");
  if (!written) return written;
  return ::rename(draft.c_str(), path_.c_str()) == 0 ? Status(Ok{}) : Status(failure("write", path_));
}

}  // namespace forebay::probe
