// TempDir is a folder of its own; its destructor removes it with everything in it. It is made in $TMPDIR, or
// else in memory where there is plenty (a PostgreSQL has a thousand files, and a disk takes seconds to remove
// them), or in /tmp. FOREBAY_KEEP_TEMP=1 in the environment keeps it, for a look at the logs of a failed
// test.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace forebay::rig {

class TempDir {
 public:
  // Others may enter the folder (PostgreSQL runs as another user when the tests run as root).
  explicit TempDir(std::string_view label = "test");
  ~TempDir();
  TempDir(TempDir&& other) noexcept;
  TempDir& operator=(TempDir&&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

  // Creates or replaces the file `name`, readable by its owner only.
  std::filesystem::path write(std::string_view name, std::string_view content) const;

 private:
  std::filesystem::path path_;  // empty: moved from
};

std::string readFile(const std::filesystem::path& file);
void writeFile(const std::filesystem::path& file, std::string_view content);

}  // namespace forebay::rig
