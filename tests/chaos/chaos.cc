// `./run chaos [minutes] [seed]`: real servers, real faults, fifty clients, and what they were told.
#include <array>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <random>
#include <vector>

#include "tests/chaos/arguments.h"
#include "tests/chaos/postgres_faults.h"
#include "tests/chaos/redis_faults.h"
#include "tests/chaos/schedule.h"
#include "tests/chaos/table.h"
#include "tests/rig/interruption.h"
#include "tests/rig/small_disk.h"

namespace forebay::chaos {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kClients = 50;
enum Exit : int { kGood = 0, kBad = 1, kUsageError = 2, kInterrupted = 130 };

void print(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
}

class Run {
 public:
  Run(double minutes, uint32_t seed)
      : lasts_(
            std::chrono::duration_cast<milliseconds>(std::chrono::duration<double, std::ratio<60>>(minutes))),
        command_(commandFor(minutes, seed)),
        schedule_(seed, kinds()) {}

  Exit all() {
    start();
    print(header());
    while (elapsed() < lasts_ && !broken_) one();
    if (const std::string report = rig::sanitizerReport(forebay_->log()); !report.empty())
      complain("the gateway's log has a report of " + report);
    if (!verdict_.isGood()) keepLogs();
    print(verdict_.text(command_));
    return verdict_.isGood() ? kGood : kBad;
  }

 private:
  static std::vector<Kind> kinds() {
    std::vector<Kind> out(postgresKinds().begin(), postgresKinds().end());
    out.insert(out.end(), redisKinds().begin(), redisKinds().end());
    return out;
  }

  milliseconds elapsed() const { return std::chrono::duration_cast<milliseconds>(Clock::now() - begun_); }

  void start() {
    print("starting PostgreSQL, Redis and Forebay; again with: " + command_ + "\n");
    postgres_ = std::make_unique<PostgresFaults>(kClients, rig::SmallDisk::whyNot());
    redis_ = std::make_unique<RedisFaults>(kClients);
    rig::ForebayConfig config;
    config.log["log_connections"] = config.log["log_disconnections"] = false;
    config.more = "[failover]\nhold_timeout = \"90s\"\n";  // what a busy machine may take to promote
    postgres_->configure(config);
    redis_->configure(config);
    forebay_ = std::make_unique<rig::Forebay>(config);
    begun_ = Clock::now();
  }

  void one() {
    const Fault fault = schedule_.next();
    const milliseconds at = elapsed();
    try {
      const Result result =
          isOfRedis(fault.kind) ? redis_->run(fault, *forebay_) : postgres_->run(fault, *forebay_);
      verdict_.add(fault, result);
      print(row(at, fault, result));
    } catch (const rig::Interrupted&) {
      throw;
    } catch (const rig::RigError& error) {  // what comes after that would say nothing
      broken_ = true;
      complain(describe(fault) + ": " + error.what());
    }
  }

  void complain(const std::string& what) {
    verdict_.addProblem();
    problems_ += what + "\n";
    print("! " + what.substr(0, what.find('\n')) + "\n");
  }

  void keepLogs() const {
    const std::filesystem::path folder = FOREBAY_CHAOS_LOGS;
    std::filesystem::create_directories(folder);
    rig::writeFile(folder / "problems.txt", problems_);
    rig::writeFile(folder / "forebay.log", forebay_->log());
    rig::writeFile(folder / "postgres.log", postgres_->log());
    rig::writeFile(folder / "redis.log", redis_->log());
    print("logs are kept in " + folder.string() + "\n");
  }

  const milliseconds lasts_;
  const std::string command_;
  Schedule schedule_;
  Verdict verdict_;
  std::unique_ptr<PostgresFaults> postgres_;
  std::unique_ptr<RedisFaults> redis_;
  std::unique_ptr<rig::Forebay> forebay_;
  Clock::time_point begun_{};
  bool broken_ = false;
  std::string problems_;
};

Exit chaos(std::span<const std::string_view> words) {
  std::string problem;
  const std::optional<Arguments> arguments = parse(words, problem);
  if (!arguments) {
    std::fprintf(stderr, "chaos: %s\n%s", problem.c_str(), kUsage.data());
    return kUsageError;
  }
  rig::SmallDisk::whyNot();  // before there is a thread
  rig::catchInterruptions();
  try {
    return Run(arguments->minutes, arguments->seed.value_or(std::random_device{}())).all();
  } catch (const rig::Interrupted&) {
    print("interrupted\n");
    return kInterrupted;
  } catch (const rig::RigError& error) {
    print("! " + std::string(error.what()) + "\n");
    return kBad;
  }
}

}  // namespace
}  // namespace forebay::chaos

int main(int count, char** words) {
  const std::vector<std::string_view> all(words + 1, words + count);
  return forebay::chaos::chaos(all);
}
