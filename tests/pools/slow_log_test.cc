#include "pools/slow_log.h"

#include <gtest/gtest.h>

namespace forebay::pools {
namespace {

SlowRequest at(int second, std::string command = "keys") {
  return {.at = WallTime(seconds(second)), .command = std::move(command), .address = "10.0.0.7:51522"};
}

std::vector<long> timesOf(const std::vector<SlowRequest>& requests) {
  std::vector<long> times;
  for (const SlowRequest& request : requests)
    times.push_back(std::chrono::duration_cast<seconds>(request.at.time_since_epoch()).count());
  return times;
}

using Times = std::vector<long>;

TEST(SlowLog, ShowsTheNewestFirst) {
  SlowLog log(10);
  for (const int second : {1, 2, 3}) log.add(at(second));
  EXPECT_EQ(timesOf(log.newest(10)), (Times{3, 2, 1}));
  EXPECT_EQ(timesOf(log.newest(2)), (Times{3, 2}));
  EXPECT_TRUE(log.newest(0).empty());
}

TEST(SlowLog, ForgetsTheOldestWhenItIsFull) {
  SlowLog log(2);
  for (const int second : {1, 2, 3}) log.add(at(second));
  EXPECT_EQ(timesOf(log.newest(10)), (Times{3, 2}));
  EXPECT_EQ(log.len(), 2u);
  EXPECT_EQ(log.added(), 3u) << "they are counted all the same";
}

TEST(SlowLog, ForgetsTheOldestWhenItIsMadeShorter) {
  SlowLog log(3);
  for (const int second : {1, 2, 3}) log.add(at(second));
  log.setMaxLen(1);
  EXPECT_EQ(timesOf(log.newest(10)), (Times{3}));
  log.setMaxLen(2);
  log.add(at(4));
  EXPECT_EQ(timesOf(log.newest(10)), (Times{4, 3}));
}

TEST(SlowLog, KeepsNothingWithALengthOfZero) {
  SlowLog log(0);
  log.add(at(1));
  EXPECT_EQ(log.len(), 0u);
}

TEST(SlowLog, IsEmptyOnceCleared) {
  SlowLog log(3);
  log.add(at(1));
  log.clear();
  EXPECT_EQ(log.len(), 0u);
}

TEST(NewestFirst, LaysTheLogsOfAllWorkersTogether) {
  const std::vector<std::vector<SlowRequest>> of_workers = {{at(5), at(1)}, {}, {at(4), at(2)}};
  EXPECT_EQ(timesOf(newestFirst(of_workers, 10)), (Times{5, 4, 2, 1}));
  EXPECT_EQ(timesOf(newestFirst(of_workers, 3)), (Times{5, 4, 2}));
}

}  // namespace
}  // namespace forebay::pools
