#include "gateway/net/mailbox.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <thread>
#include <vector>

#include "gateway/net/loop.h"

namespace forebay::net {
namespace {

TEST(Mailbox, RunsLettersInTheOrderInWhichTheyWerePosted) {
  Loop loop;
  std::vector<int> seen;
  for (int i = 0; i < 5; ++i) loop.mailbox().post([&, i] { seen.push_back(i); });
  loop.mailbox().post([&] { loop.stop(); });
  loop.run();
  EXPECT_EQ(seen, (std::vector{0, 1, 2, 3, 4}));
}

TEST(Mailbox, RunsWhatALetterPosts) {
  Loop loop;
  bool answered = false;
  loop.mailbox().post([&] {
    loop.mailbox().post([&] {
      answered = true;
      loop.stop();
    });
  });
  loop.run();
  EXPECT_TRUE(answered);
}

TEST(Mailbox, DropsWhatIsPostedAfterItWasClosed) {
  const auto content = std::make_shared<int>(0);
  {
    Loop loop;
    loop.stop();
    loop.mailbox().post([content] { ++*content; });
    loop.run();
    EXPECT_EQ(content.use_count(), 2);
  }
  EXPECT_EQ(*content, 0);
  EXPECT_EQ(content.use_count(), 1);
}

TEST(MailboxThreads, LoseNothingAndKeepEachSendersOrder) {
  constexpr int kSenders = 4, kLetters = 20000;
  Loop loop;
  std::array<int, kSenders> next{};
  int done = 0;
  bool ordered = true;
  std::vector<std::thread> senders;
  for (int sender = 0; sender < kSenders; ++sender) {
    senders.emplace_back([&, sender] {
      for (int i = 0; i < kLetters; ++i) {
        loop.mailbox().post([&, sender, i] {
          ordered = ordered && next[sender]++ == i;
          if (i + 1 == kLetters && ++done == kSenders) loop.stop();
        });
      }
    });
  }
  loop.run();
  for (std::thread& sender : senders) sender.join();
  EXPECT_TRUE(ordered);
  for (const int count : next) EXPECT_EQ(count, kLetters);
}

TEST(MailboxThreads, MayPostWhileTheLoopStops) {
  for (int round = 0; round < 200; ++round) {
    Loop loop;
    std::atomic<bool> over{false};
    std::thread sender([&] {
      while (!over.load()) loop.mailbox().post([] {});
    });
    loop.mailbox().post([&] { loop.stop(); });
    loop.run();
    over = true;
    sender.join();
  }
}

}  // namespace
}  // namespace forebay::net
