// Tests that need what not every machine has. A whole program is skipped at once, and counted as that.
#pragma once

#include <gtest/gtest.h>

#include <cstdio>
#include <string>

namespace forebay::rig {

inline constexpr int kSkipped = 77;  // what ctest is told by SKIP_RETURN_CODE

// For main(). `why_not`: what is missing here; empty: nothing is.
inline int runTestsUnless(const std::string& why_not, int count, char** arguments) {
  testing::InitGoogleTest(&count, arguments);
  if (why_not.empty()) return RUN_ALL_TESTS();
  std::printf("skipped: %s\n", why_not.c_str());
  return kSkipped;
}

}  // namespace forebay::rig
