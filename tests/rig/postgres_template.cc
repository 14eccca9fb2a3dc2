#include "tests/rig/postgres_template.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cstdlib>

#include "tests/rig/process.h"
#include "tests/rig/sockets.h"
#include "tests/rig/temp_dir.h"

namespace forebay::rig {
namespace {

namespace fs = std::filesystem;

// Several test binaries run side by side; one of them makes the template while the others wait.
class FileLock {
 public:
  explicit FileLock(const fs::path& file) : fd_(open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666)) {
    if (!fd_ || flock(fd_.get(), LOCK_EX) != 0) failErrno("cannot lock " + file.string());
  }

 private:
  Fd fd_;
};

}  // namespace

// Made under /tmp, since PostgreSQL's user need not be able to enter the build folder, and then moved.
void initPostgres(const fs::path& bin_dir, const fs::path& target) {
  const TempDir work("initdb");
  giveToPostgres(work.path());
  runOrFail({.argv = {bin_dir / "initdb", "-D", work / "data", "-U", "postgres", "-A", "trust", "-E", "UTF8",
                      "--locale=C", "--no-sync", "--wal-segsize=1"},
             .environment = {"TZ=UTC"},
             .user = postgresSystemUser()},
            seconds(120));
  const fs::path unfinished =
      target.string() + ".new";  // renamed at the end, so a template is whole or absent
  fs::remove_all(unfinished);
  runOrFail({.argv = {"cp", "-a", work / "data", unfinished}});
  fs::rename(unfinished, target);
}

fs::path defaultPostgresBinDir() {
  if (const char* chosen = std::getenv("FOREBAY_PG_BIN")) return chosen;
  fs::path newest;
  int newest_version = 0;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", none)) {
    const int version = std::atoi(entry.path().filename().c_str());
    if (version > newest_version && fs::exists(entry.path() / "bin/postgres")) {
      newest_version = version;
      newest = entry.path() / "bin";
    }
  }
  if (newest.empty()) fail("no PostgreSQL under /usr/lib/postgresql; install the package postgresql");
  return newest;
}

std::string postgresSystemUser() { return geteuid() == 0 ? "postgres" : ""; }

void copyPostgresTemplate(const fs::path& bin_dir, const fs::path& data_dir) {
  const fs::path cache = FOREBAY_RIG_CACHE;
  fs::create_directories(cache);
  std::string version = runOrFail({.argv = {bin_dir / "postgres", "--version"}});
  for (char& c : version) c = std::isalnum(static_cast<unsigned char>(c)) || c == '.' ? c : '_';
  const fs::path made = cache / (version + (geteuid() == 0 ? "root" : ""));
  {
    const FileLock lock(cache / "lock");
    if (!fs::exists(made)) initPostgres(bin_dir, made);
  }
  runOrFail({.argv = {"cp", "-a", made, data_dir}});
}

void giveToPostgres(const fs::path& path) {
  if (const std::string user = postgresSystemUser(); !user.empty()) {
    runOrFail({.argv = {"chown", "-R", user + ":" + user, path}});
  }
}

}  // namespace forebay::rig
