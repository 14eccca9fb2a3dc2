#include "pools/shared_pool.h"

#include <gtest/gtest.h>

namespace forebay::pools {
namespace {

class Wishes : public testing::Test {
 protected:
  std::shared_ptr<SharedAccount> database_ = std::make_shared<SharedAccount>("app");
  std::shared_ptr<SharedAccount> user_ = std::make_shared<SharedAccount>("ann");
  SharedPool busy_{"app", "ann", database_, user_, 1}, starved_{"app", "bob", database_, user_, 1};
  const Instant start_{seconds(1000)};
};

TEST_F(Wishes, AreGrantedOnceByAPoolThatNeedsNoServer) {
  EXPECT_FALSE(database_->mustYield(busy_, kNever));
  database_->wish(starved_, start_);
  EXPECT_TRUE(database_->mustYield(busy_, kNever));
  EXPECT_FALSE(database_->mustYield(busy_, kNever));
}

TEST_F(Wishes, AreNotThePoolsOwnToGrant) {
  database_->wish(starved_, start_);
  EXPECT_FALSE(database_->mustYield(starved_, kNever));
}

TEST_F(Wishes, OfOneThatStarvesAreGrantedByABusyPoolToo) {
  database_->wish(starved_, start_);
  EXPECT_FALSE(database_->mustYield(busy_, start_ + milliseconds(10)));
  EXPECT_TRUE(database_->mustYield(busy_, start_ + seconds(2)));
}

}  // namespace
}  // namespace forebay::pools
