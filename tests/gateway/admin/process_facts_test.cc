#include "gateway/admin/process_facts.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace forebay::admin {
namespace {

TEST(ProcessFacts, CountOpenFdsAndKnowTheirLimit) {
  ProcessRow before, after;
  addProcessFacts(before);
  const int fd = dup(STDERR_FILENO);
  addProcessFacts(after);
  close(fd);
  EXPECT_EQ(after.open_fds, before.open_fds + 1);
  EXPECT_GE(after.max_fds, after.open_fds);
}

}  // namespace
}  // namespace forebay::admin
