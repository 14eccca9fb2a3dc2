#include "gateway/net/buffer.h"

#include <gtest/gtest.h>

#include <random>

namespace forebay::net {
namespace {

TEST(Buffer, CostsNothingWhileItIsEmpty) {
  BufferPool pool;
  Buffer buffer;
  EXPECT_EQ(sizeof buffer, sizeof(void*));
  buffer.append(pool, {});
  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(buffer.bytes(), "");
  EXPECT_EQ(pool.bytesLent(), 0u);
}

TEST(Buffer, GivesItsBlockBackWithTheLastByte) {
  BufferPool pool;
  Buffer buffer;
  buffer.append(pool, "abc");
  EXPECT_EQ(pool.bytesLent(), 4096u);
  buffer.consume(pool, 2);
  EXPECT_EQ(buffer.bytes(), "c");
  buffer.consume(pool, 1);
  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(pool.bytesLent(), 0u);
}

TEST(Buffer, KeepsTheOrderOfBytesThroughAppendsAndConsumes) {
  BufferPool pool;
  Buffer buffer;
  std::string expected;
  std::minstd_rand random(5);
  for (int i = 0; i < 2000; ++i) {
    if (random() % 2 == 0) {
      const std::string more(random() % 9000, static_cast<char>(random()));
      buffer.append(pool, more);
      expected += more;
    } else {
      const size_t count = expected.empty() ? 0 : random() % (expected.size() + 1);
      buffer.consume(pool, count);
      expected.erase(0, count);
    }
    ASSERT_EQ(buffer.bytes(), expected);
  }
  buffer.clear(pool);
  EXPECT_EQ(pool.bytesLent(), 0u);
}

TEST(Buffer, GrowsBeyondTheLargestBlock) {
  BufferPool pool;
  Buffer buffer;
  const std::string large(5'000'000, 'x');
  buffer.append(pool, "a");
  buffer.append(pool, large);
  EXPECT_EQ(buffer.size(), large.size() + 1);
  buffer.clear(pool);
  EXPECT_EQ(pool.bytesLent(), 0u);
}

TEST(Buffer, IsEmptyOnceMovedFrom) {
  BufferPool pool;
  Buffer buffer;
  buffer.append(pool, "abc");
  Buffer other = std::move(buffer);
  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(other.bytes(), "abc");
  other.clear(pool);
}

TEST(BufferPool, LendsABlockAgainInsteadOfAllocating) {
  BufferPool pool;
  BufferPool::Block* block = pool.take(100);
  pool.giveBack(block);
  EXPECT_EQ(pool.take(4000), block);
  EXPECT_EQ(block->end, 0u);
  pool.giveBack(block);
}

}  // namespace
}  // namespace forebay::net
