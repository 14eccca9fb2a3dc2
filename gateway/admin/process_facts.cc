#include "gateway/admin/process_facts.h"

#include <dirent.h>
#include <sys/resource.h>

#include <memory>

namespace forebay::admin {
namespace {

struct CloseFolder {
  void operator()(DIR* folder) const { closedir(folder); }
};

uint64_t countOpenFds() {
  const std::unique_ptr<DIR, CloseFolder> folder(opendir("/proc/self/fd"));
  if (folder == nullptr) return 0;
  uint64_t entries = 0;
  while (readdir(folder.get()) != nullptr) ++entries;
  constexpr uint64_t kNotOurs = 3;  // ".", ".." and the folder itself
  return entries > kNotOurs ? entries - kNotOurs : 0;
}

}  // namespace

void addProcessFacts(ProcessRow& row) {
  row.open_fds = countOpenFds();
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) row.max_fds = limit.rlim_cur;
}

}  // namespace forebay::admin
