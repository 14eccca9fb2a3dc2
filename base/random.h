// Random bytes for keys, nonces and salts, from the kernel.
#pragma once

#include <array>
#include <cstddef>
#include <string>

namespace forebay {

// Fills `out`; cannot fail on a kernel that has getrandom(2), and ends the process where it does.
void fillRandom(void* out, size_t size);
std::string randomBytes(size_t size);

// RandomStock fetches random bytes by the page, for who needs a few at a time. Bytes that were given out are
// wiped. Not thread-safe.
class RandomStock {
 public:
  void take(void* out, size_t size);  // at most a page

 private:
  std::array<char, 4096> stock_{};
  size_t left_ = 0;
};

}  // namespace forebay
