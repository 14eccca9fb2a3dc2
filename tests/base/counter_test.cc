#include "base/counter.h"

#include <gtest/gtest.h>

#include <thread>

namespace forebay {
namespace {

TEST(Counter, AddsSubtractsAndIsSet) {
  Counter counter;
  EXPECT_EQ(counter.get(), 0u);
  counter.add();
  counter.add(5);
  counter.sub(2);
  EXPECT_EQ(counter.get(), 4u);
  counter.set(9);
  EXPECT_EQ(counter.get(), 9u);
}

TEST(Counter, IsReadByAnyThreadWhileItsOwnWrites) {
  Counter counter;
  std::thread writer([&] {
    for (int i = 0; i < 10000; ++i) counter.add();
  });
  uint64_t last = 0;
  while (last < 10000) {
    const uint64_t now = counter.get();
    ASSERT_GE(now, last);
    last = now;
  }
  writer.join();
}

}  // namespace
}  // namespace forebay
