#include "base/intrusive_list.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace forebay {
namespace {

struct InQueue;
struct InCensus;
struct Person : ListNode<InQueue>, ListNode<InCensus> {
  explicit Person(int n) : number(n) {}
  void leaveQueue() { static_cast<ListNode<InQueue>&>(*this).unlink(); }
  bool queues() const { return static_cast<const ListNode<InQueue>&>(*this).linked(); }
  int number;
};
using Queue = IntrusiveList<Person, InQueue>;

std::vector<int> numbers(Queue& queue) {
  std::vector<int> out;
  queue.forEach([&](Person& person) { out.push_back(person.number); });
  return out;
}

TEST(IntrusiveList, KeepsTheOrderOfJoining) {
  Person one(1), two(2), three(3);
  Queue queue;
  queue.pushBack(one);
  queue.pushBack(two);
  queue.pushFront(three);
  EXPECT_EQ(numbers(queue), (std::vector{3, 1, 2}));
  EXPECT_EQ(queue.front().number, 3);
  EXPECT_EQ(queue.back().number, 2);
  EXPECT_EQ(queue.size(), 3u);
}

TEST(IntrusiveList, LosesWhoLeavesOrIsDestroyed) {
  Person one(1), three(3);
  auto two = std::make_unique<Person>(2);
  Queue queue;
  queue.pushBack(one);
  queue.pushBack(*two);
  queue.pushBack(three);
  two.reset();
  EXPECT_EQ(numbers(queue), (std::vector{1, 3}));
  one.leaveQueue();
  one.leaveQueue();
  EXPECT_FALSE(one.queues());
  EXPECT_EQ(queue.size(), 1u);
  queue.pushBack(one);
  EXPECT_EQ(numbers(queue), (std::vector{3, 1}));
}

TEST(IntrusiveList, LetsEverybodyGoWhenItEnds) {
  Person one(1);
  {
    Queue queue;
    queue.pushBack(one);
    EXPECT_TRUE(one.queues());
  }
  EXPECT_FALSE(one.queues());
}

TEST(IntrusiveList, HoldsAnObjectInOneListOfEachKind) {
  Person one(1);
  Queue queue;
  IntrusiveList<Person, InCensus> census;
  queue.pushBack(one);
  census.pushBack(one);
  one.leaveQueue();
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(census.size(), 1u);
}

TEST(IntrusiveList, MayBeLeftWhileItIsWalked) {
  Person one(1), two(2), three(3);
  Queue queue;
  for (Person* person : {&one, &two, &three}) queue.pushBack(*person);
  queue.forEach([](Person& person) {
    if (person.number != 2) person.leaveQueue();
  });
  EXPECT_EQ(numbers(queue), (std::vector{2}));
}

TEST(IntrusiveList, FindsTheFirstThatFits) {
  Person one(1), two(2), three(3);
  Queue queue;
  for (Person* person : {&one, &two, &three}) queue.pushBack(*person);
  EXPECT_EQ(queue.find([](Person& person) { return person.number > 1; }), &two);
  EXPECT_EQ(queue.find([](Person& person) { return person.number > 3; }), nullptr);
}

}  // namespace
}  // namespace forebay
