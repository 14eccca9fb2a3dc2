#include "gateway/log.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "gateway/log_text.h"

namespace forebay {
namespace {

using conf::LogFormat;
using conf::LogLevel;
using conf::LogSettings;
using std::chrono::hours;
using std::chrono::minutes;

WallTime fixedTime() {
  const std::chrono::sys_days day = std::chrono::year(2026) / 11 / 21;
  return WallTime(day + hours(10) + minutes(11) + seconds(12) + milliseconds(123));
}

// Keeps what was written; can be made to block, or to fail.
class MemorySink : public LogSink {
 public:
  struct Shared {
    std::mutex mutex;
    std::string text;
    std::vector<LogEntry> entries;
    std::promise<void> entered, released;
    bool blocks = false, fails = false;
  };
  explicit MemorySink(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}

  size_t write(std::span<const LogEntry> entries) override {
    if (std::exchange(shared_->blocks, false)) {
      shared_->entered.set_value();
      shared_->released.get_future().wait();
    }
    const std::lock_guard lock(shared_->mutex);
    if (shared_->fails) return entries.size();
    for (const LogEntry& entry : entries) {
      shared_->text += entry.text;
      shared_->entries.push_back(entry);
    }
    return 0;
  }

 private:
  std::shared_ptr<Shared> shared_;
};

class LogTest : public testing::Test {
 protected:
  static constexpr LogSubject kClient{
      .kind = 'C', .id = 4182, .database = "orders", .user = "app", .peer = "10.0.3.7:51522"};

  void open(const LogSettings& settings = {}, Log::Limits limits = {}) {
    log_ = std::make_unique<Log>(std::make_unique<MemorySink>(written_), settings, limits, fixedTime);
  }
  static LogSettings at(LogLevel level) {
    LogSettings settings;
    settings.level = level;
    return settings;
  }
  static LogSettings inJson() {
    LogSettings settings;
    settings.format = LogFormat::kJson;
    return settings;
  }
  std::string written() {
    EXPECT_TRUE(log_->flush());
    const std::lock_guard lock(written_->mutex);
    return std::exchange(written_->text, {});
  }

  std::shared_ptr<MemorySink::Shared> written_ = std::make_shared<MemorySink::Shared>();
  std::unique_ptr<Log> log_;
};

TEST_F(LogTest, SaysWhenWhoAndWhy) {
  open();
  log_->info(kClient) << "closed: no server within " << seconds(5) << " (" << 20 << " lent, " << 7u
                      << " waiting)";
  EXPECT_EQ(written(),
            "2026-11-21T10:11:12.123Z INFO C-4182 orders/app@10.0.3.7:51522 "
            "closed: no server within 5 s (20 lent, 7 waiting)\n");
}

TEST_F(LogTest, NamesEachLevelAndLeavesOutWhoWhenItIsTheGateway) {
  open(at(LogLevel::kDebug));
  log_->error() << "one";
  log_->warning() << "two";
  log_->info() << "three";
  log_->debug() << "four";
  EXPECT_EQ(written(),
            "2026-11-21T10:11:12.123Z ERROR one\n2026-11-21T10:11:12.123Z WARNING two\n"
            "2026-11-21T10:11:12.123Z INFO three\n2026-11-21T10:11:12.123Z DEBUG four\n");
}

TEST_F(LogTest, ShowsWhatIsNotKnownYet) {
  open();
  log_->info({.kind = 'S', .id = 17, .peer = "[::1]:5432"}) << "connecting";
  EXPECT_EQ(written(), "2026-11-21T10:11:12.123Z INFO S-17 (none)/(none)@[::1]:5432 connecting\n");
}

TEST_F(LogTest, PrintsValuesTheWayPeopleReadThem) {
  open();
  const char* pointer = "text";
  log_->info() << pointer << ' ' << std::string("s") << true << -5 << ' ' << uint64_t{1} << ' ' << 0.25 << ' '
               << milliseconds(250) << ' ' << milliseconds(1500) << ' ' << microseconds(312) << ' '
               << Duration::zero() << ' ' << hours(1);
  EXPECT_EQ(written(), "2026-11-21T10:11:12.123Z INFO text strue-5 1 0.25 250 ms 1.5 s 312 us 0 s 3600 s\n");
}

TEST_F(LogTest, AppendsFieldsToATextLine) {
  open();
  log_->info().field("waited", milliseconds(1500)).field("lent", 20).field("reason", "a b").field("ok", true)
      << "x";
  EXPECT_EQ(written(), "2026-11-21T10:11:12.123Z INFO x waited=1.5 lent=20 reason=\"a b\" ok=true\n");
}

TEST_F(LogTest, SkipsLinesBelowItsLevel) {
  open(at(LogLevel::kWarning));
  EXPECT_TRUE(log_->wants(LogLevel::kError));
  EXPECT_TRUE(log_->wants(LogLevel::kWarning));
  EXPECT_FALSE(log_->wants(LogLevel::kInfo));
  log_->info(kClient).field("n", 1) << "not "
                                    << "wanted";
  EXPECT_EQ(written(), "");
}

TEST_F(LogTest, VerboseMeansDebug) {
  LogSettings settings = at(LogLevel::kWarning);
  settings.verbose = 1;
  open(settings);
  EXPECT_TRUE(log_->wants(LogLevel::kDebug));
}

TEST_F(LogTest, NobodyForgesALine) {
  open();
  LogSubject subject = kClient;
  subject.user = "app\n2026-11-21T10:11:12.123Z INFO C-1 forged";
  subject.database = "orders\x1b[2J";
  log_->info(subject) << "login\r\n\tfailed \xff\xc2\x9b"
                      << "31m \\n caf\xc3\xa9";
  EXPECT_EQ(written(),
            "2026-11-21T10:11:12.123Z INFO C-4182 "
            "orders\\x1b[2J/\"app\\n2026-11-21T10:11:12.123Z INFO C-1 forged\"@10.0.3.7:51522 "
            "login\\r\\n\\tfailed \\xff\\xc2\\x9b31m \\\\n caf\xc3\xa9\n");
}

TEST_F(LogTest, WritesOneJsonObjectALine) {
  open(inJson());
  log_->warning(kClient).field("waited", milliseconds(2500)).field("lent", 20).field("host", "pg \"0\"")
      << "no server";
  const nlohmann::json line = nlohmann::json::parse(written());
  EXPECT_EQ(line, nlohmann::json::parse(
                      R"({"ts": "2026-11-21T10:11:12.123Z", "level": "warning", "client": "C-4182",
      "database": "orders", "user": "app", "peer": "10.0.3.7:51522", "message": "no server", "waited": 2.5, "lent": 20,
      "host": "pg \"0\""})"));
}

TEST_F(LogTest, JsonStaysValidWhateverBytesCome) {
  open(inJson());
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all.push_back(static_cast<char>(byte));
  LogSubject subject = kClient;
  subject.user = all;
  log_->info(subject).field("odd", all) << all << "\xed\xa0\x80 \xf4\x90\x80\x80 \xc0\xaf \xe2\x80";
  const std::string text = written();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
  const nlohmann::json line = nlohmann::json::parse(text);
  EXPECT_EQ(line["user"].get<std::string>().substr(0, 128), all.substr(0, 128));
}

TEST_F(LogTest, ANumberThatJsonCannotWriteIsAString) {
  open(inJson());
  log_->info().field("ratio", std::numeric_limits<double>::quiet_NaN()).field("half", 0.5) << "x";
  const nlohmann::json line = nlohmann::json::parse(written());
  EXPECT_EQ(line["ratio"], "nan");
  EXPECT_EQ(line["half"], 0.5);
}

TEST_F(LogTest, CountsWhatItMustDropAndSaysSo) {
  written_->blocks = true;
  open({}, {.lines = 3, .bytes = 1 << 20});
  log_->info() << "taken by the writer";
  written_->entered.get_future().wait();
  for (int i = 0; i < 10; ++i) log_->info() << "line " << i;
  EXPECT_EQ(log_->droppedTotal(), 7u);
  written_->released.set_value();
  written();
  log_->info() << "and on";
  EXPECT_EQ(written(), "2026-11-21T10:11:12.123Z INFO and on\n");
  std::vector<std::string> bodies;
  for (const LogEntry& entry : written_->entries) bodies.push_back(entry.text.substr(entry.body_at));
  EXPECT_EQ(bodies, (std::vector<std::string>{"taken by the writer\n", "line 0\n", "line 1\n", "line 2\n",
                                              "7 log lines lost: the log could not keep up\n", "and on\n"}));
}

TEST_F(LogTest, BoundsBytesToo) {
  written_->blocks = true;
  open({}, {.lines = 1000, .bytes = 10000});
  log_->info() << "taken by the writer";
  written_->entered.get_future().wait();
  for (int i = 0; i < 10; ++i) log_->info() << std::string(3000, 'x');
  EXPECT_EQ(log_->droppedTotal(), 7u);
  written_->released.set_value();
}

TEST_F(LogTest, TellsOfLinesThatCouldNotBeWrittenOnceItCanAgain) {
  written_->fails = true;
  open();
  log_->info() << "into a full disk";
  EXPECT_EQ(written(), "");
  {
    const std::lock_guard lock(written_->mutex);
    written_->fails = false;
  }
  log_->info() << "there is room again";
  EXPECT_EQ(written(),
            "2026-11-21T10:11:12.123Z WARNING 1 log lines lost: the log could not keep up\n"
            "2026-11-21T10:11:12.123Z INFO there is room again\n");
}

TEST_F(LogTest, FlushGivesUpOnABlockedWriter) {
  written_->blocks = true;
  open();
  log_->info() << "stuck";
  written_->entered.get_future().wait();
  EXPECT_FALSE(log_->flush(milliseconds(1)));
  written_->released.set_value();
  EXPECT_TRUE(log_->flush());
}

TEST_F(LogTest, LosesNothingAtTheEnd) {
  open();
  for (int i = 0; i < 5000; ++i) log_->info() << i;
  log_.reset();
  EXPECT_EQ(written_->entries.size(), 5000u);
}

TEST_F(LogTest, KeepsTheOrderOfEachOfManyThreads) {
  open({}, {.lines = 100000, .bytes = 100 << 20});
  std::vector<std::thread> threads;
  for (uint64_t id = 0; id < 4; ++id)
    threads.emplace_back([this, id] {
      for (int i = 0; i < 2000; ++i) log_->info({.kind = 'C', .id = id, .peer = "x"}) << i;
    });
  for (std::thread& thread : threads) thread.join();
  log_.reset();
  std::map<std::string, int> next;
  for (const LogEntry& entry : written_->entries) {
    std::istringstream words(entry.text);
    std::string time, level, id, peer;
    int number = -1;
    words >> time >> level >> id >> peer >> number;
    EXPECT_EQ(number, next[id]++);
  }
  EXPECT_EQ(written_->entries.size(), 8000u);
}

class LogFile : public testing::Test {
 protected:
  LogFile() {
    std::string pattern = (std::filesystem::temp_directory_path() / "forebay-log-XXXXXX").string();
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    settings_.logfile = folder_ / "forebay.log";
  }
  ~LogFile() override { std::filesystem::remove_all(folder_); }
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;

  static std::string contents(const std::filesystem::path& path) {
    std::ifstream in(path);
    std::string lines;
    for (std::string line; std::getline(in, line);) lines += line.substr(line.find("INFO")) + "\n";
    return lines;
  }

  std::filesystem::path folder_;
  LogSettings settings_;
};

TEST_F(LogFile, IsAppendedTo) {
  for (const char* text : {"first", "second"}) {
    const std::unique_ptr<Log> log = Log::open(settings_).value();
    log->info() << text;
  }
  EXPECT_EQ(contents(settings_.logfile), "INFO first\nINFO second\n");
}

TEST_F(LogFile, IsOpenedAgainAfterRotation) {
  const std::unique_ptr<Log> log = Log::open(settings_).value();
  log->info() << "old";
  ASSERT_TRUE(log->flush());
  std::filesystem::rename(settings_.logfile, folder_ / "rotated");
  log->info() << "still old";
  ASSERT_TRUE(log->reconfigure(settings_).ok());
  log->info() << "new";
  ASSERT_TRUE(log->flush());
  EXPECT_EQ(contents(folder_ / "rotated"), "INFO old\nINFO still old\n");
  EXPECT_EQ(contents(settings_.logfile), "INFO new\n");
}

TEST_F(LogFile, NewSettingsThatCannotBeUsedChangeNothing) {
  const std::unique_ptr<Log> log = Log::open(settings_).value();
  LogSettings wrong = settings_;
  wrong.level = LogLevel::kError;
  wrong.logfile = folder_ / "missing" / "forebay.log";
  EXPECT_EQ(log->reconfigure(wrong).error(), "logfile " + wrong.logfile + ": No such file or directory");
  log->info() << "as before";
  ASSERT_TRUE(log->flush());
  EXPECT_EQ(contents(settings_.logfile), "INFO as before\n");
}

TEST_F(LogFile, ALevelTakesEffectAtOnce) {
  const std::unique_ptr<Log> log = Log::open(settings_).value();
  settings_.level = LogLevel::kError;
  ASSERT_TRUE(log->reconfigure(settings_).ok());
  log->info() << "no longer";
  settings_.level = LogLevel::kInfo;
  ASSERT_TRUE(log->reconfigure(settings_).ok());
  log->info() << "again";
  ASSERT_TRUE(log->flush());
  EXPECT_EQ(contents(settings_.logfile), "INFO again\n");
}

TEST_F(LogFile, AnUnknownFacilityIsRefused) {
  settings_.syslog = true;
  settings_.syslog_facility = "loud";
  EXPECT_EQ(Log::open(settings_).error(),
            "syslog_facility must be one of syslog's, such as daemon or local0, not 'loud'");
}

TEST(LogText, EscapesOnlyWhatIsNotPrintable) {
  const auto printable = [](std::string_view text) {
    std::string out;
    appendPrintable(out, text);
    return out;
  };
  EXPECT_EQ(printable("plain \"quoted\" text"), "plain \"quoted\" text");
  EXPECT_EQ(printable(std::string_view("zero\0end", 8)), "zero\\x00end");
  EXPECT_EQ(printable("\xe2\x80\xa8|\xf0\x9f\x90\x98|\x7f"), "\\xe2\\x80\\xa8|\xf0\x9f\x90\x98|\\x7f");
  EXPECT_EQ(printable("\xf0\x9f\x90"), "\\xf0\\x9f\\x90");
}

}  // namespace
}  // namespace forebay
