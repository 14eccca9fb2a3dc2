#include "gateway/postgres/report.h"

#include <gtest/gtest.h>

namespace forebay::postgres {
namespace {

TEST(Report, LetsWhatASessionSetsFollowTheClient) {
  for (const Bytes name : {"application_name", "client_encoding", "DateStyle", "TimeZone", "search_path",
                           "standard_conforming_strings", "app.tenant"})
    EXPECT_TRUE(followsClient(name)) << name;
}

TEST(Report, LeavesWhatTellsOfTheServerWithTheServer) {
  for (const Bytes name : {"server_version", "server_encoding", "is_superuser", "session_authorization",
                           "in_hot_standby", "integer_datetimes"})
    EXPECT_FALSE(followsClient(name)) << name;
}

TEST(Report, MakesWholeMessages) {
  const std::string error = errorResponse("53300", "too many", "pool shop/app", "raise it");
  EXPECT_EQ(error[0], 'E');
  EXPECT_EQ(readBe32(Bytes(error).substr(1)), error.size() - 1);
  EXPECT_NE(error.find("C53300"), std::string::npos);
  EXPECT_NE(error.find("SFATAL"), std::string::npos);
  EXPECT_EQ(noticeResponse("00000", "waiting")[0], 'N');
}

TEST(Report, SaysHowLongInAFewLetters) {
  EXPECT_EQ(elapsed(std::chrono::microseconds(87654)), "87ms");
  EXPECT_EQ(elapsed(milliseconds(12345)), "12s");
  EXPECT_EQ(elapsed(seconds(120)), "2m");
}

}  // namespace
}  // namespace forebay::postgres
