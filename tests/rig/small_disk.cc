#include "tests/rig/small_disk.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

#include "tests/rig/error.h"
#include "tests/rig/eventually.h"
#include "tests/rig/temp_dir.h"

namespace forebay::rig {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kPlenty = uint64_t{2} << 30;  // taken only as it is used

std::string sizeOption(uint64_t bytes) { return "size=" + std::to_string(bytes); }

void mountTmpfs(const fs::path& folder) {
  if (mount("forebay-test", folder.c_str(), "tmpfs", 0, (sizeOption(kPlenty) + ",mode=0755").c_str()) != 0)
    failErrno("cannot mount a tmpfs at " + folder.string());
}

bool resize(const fs::path& folder, uint64_t bytes) {
  return mount(nullptr, folder.c_str(), nullptr, MS_REMOUNT, sizeOption(bytes).c_str()) == 0;
}

// Who is not root is it in a namespace of his own, where he keeps his number: PostgreSQL minds.
void enterUserNamespace() {
  const std::string user = std::to_string(geteuid()), group = std::to_string(getegid());
  if (unshare(CLONE_NEWUSER) != 0) failErrno("no user namespace");
  writeFile("/proc/self/setgroups", "deny");
  writeFile("/proc/self/uid_map", user + " " + user + " 1");
  writeFile("/proc/self/gid_map", group + " " + group + " 1");
}

void enterMountNamespace() {
  if (geteuid() != 0) enterUserNamespace();
  if (unshare(CLONE_NEWNS) != 0) failErrno("no mount namespace");
  if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) failErrno("mounts stay shared");
}

std::string tryOnce() {
  try {
    enterMountNamespace();
    const TempDir folder("disk");
    SmallDisk(folder.path()).fill();
    return "";
  } catch (const RigError& error) {
    return error.what();
  }
}

}  // namespace

const std::string& SmallDisk::whyNot() {
  static const std::string why = tryOnce();
  return why;
}

SmallDisk::SmallDisk(fs::path folder) : folder_(std::move(folder)) { mountTmpfs(folder_); }

SmallDisk::~SmallDisk() { umount2(folder_.c_str(), MNT_DETACH); }

void SmallDisk::fill() {
  // Refused while somebody takes more than was counted a moment ago.
  const bool filled = eventually([&] {
    struct statvfs room {};
    if (statvfs(folder_.c_str(), &room) != 0) failErrno("statvfs of " + folder_.string());
    return resize(folder_, (room.f_blocks - room.f_bfree) * room.f_frsize);
  });
  if (!filled) failErrno("cannot fill the disk at " + folder_.string());
}

void SmallDisk::free() {
  if (!resize(folder_, kPlenty)) failErrno("cannot make room on the disk at " + folder_.string());
}

}  // namespace forebay::rig
