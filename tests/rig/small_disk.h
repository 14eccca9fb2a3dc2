// SmallDisk is a disk of its own under a folder, which can be full: a tmpfs in a mount namespace that only
// this process and its children see, and that goes with them.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace forebay::rig {

class SmallDisk {
 public:
  // Why there can be none here; empty: there can. It takes root's rights over mounts, or else a user
  // namespace, which the kernel gives to a process without threads only: so it is to be asked early.
  static const std::string& whyNot();

  explicit SmallDisk(std::filesystem::path folder);  // an empty one
  ~SmallDisk();
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  void fill();  // no byte more than is there now; again, when something was deleted meanwhile
  void free();  // plenty of room again

 private:
  const std::filesystem::path folder_;
};

}  // namespace forebay::rig
