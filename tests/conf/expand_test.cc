#include "conf/expand.h"

#include <gtest/gtest.h>

namespace forebay::conf {
namespace {

std::string expanded(std::string_view text) {
  const Result<std::string> out = expand(text, [](std::string_view name) -> std::optional<std::string> {
    if (name == "USER") return "ann";
    if (name == "TRICKY") return "${USER}";
    return std::nullopt;
  });
  return out ? *out : "error: " + out.error();
}

TEST(Expand, PutsVariablesIn) {
  EXPECT_EQ(expanded("${USER}"), "ann");
  EXPECT_EQ(expanded("postgres://${USER}@pg/${USER}"), "postgres://ann@pg/ann");
}

TEST(Expand, LeavesAllOtherTextAlone) {
  for (const char* text : {"", "plain", "$USER", "100$", "{USER}", "SCRAM-SHA-256$4096:c2FsdA==$a:b"})
    EXPECT_EQ(expanded(text), text);
}

TEST(Expand, WritesAPlainReferenceWithTwoDollars) { EXPECT_EQ(expanded("a$${USER}b"), "a${USER}b"); }

TEST(Expand, DoesNotExpandWhatAVariableHolds) { EXPECT_EQ(expanded("${TRICKY}"), "${USER}"); }

TEST(Expand, RefusesWhatIsNotSetOrNotClosed) {
  EXPECT_EQ(expanded("x${PASS}"), "error: needs the environment variable 'PASS', which is not set");
  EXPECT_EQ(expanded("${}"), "error: needs the environment variable '', which is not set");
  EXPECT_EQ(expanded("x${USER"), "error: holds '${' without its '}' (write $${ for a plain ${)");
}

}  // namespace
}  // namespace forebay::conf
