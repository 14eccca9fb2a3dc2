// A userlist file.
#include <string>

#include "conf/userlist.h"
#include "tests/fuzz/fuzz.h"

using namespace forebay;
using namespace forebay::fuzz;
using namespace forebay::conf;

namespace {

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) out.append(c == '"' ? 2 : 1, c);
  return out + "\"";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(asBytes(data, size));
  const auto broken = parseUserlist(text + "\n\"user\" \"pa55word-without-end", "userlist.txt");
  require(!broken.ok() && broken.error().starts_with("userlist.txt:"), "an error names its place");
  if (text.find("pa55word") == std::string::npos)
    require(broken.error().find("pa55word") == std::string::npos, "an error never shows a secret");

  const auto users = parseUserlist(text, "userlist.txt");
  if (!users) return 0;
  std::string again;
  for (const auto& [user, secret] : users->secrets()) {
    require(!user.empty() && users->find(user) != nullptr, "a listed user is found");
    again += quoted(user) + " " + quoted(secret) + "\n";
  }
  const auto reparsed = parseUserlist(again, "userlist.txt");
  require(reparsed.ok() && *reparsed == *users, "a userlist comes back as it was written");
  return 0;
}
