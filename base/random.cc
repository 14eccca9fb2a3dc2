#include "base/random.h"

#include <sys/random.h>

#include <cassert>
#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace forebay {

void fillRandom(void* out, size_t size) {
  char* at = static_cast<char*>(out);
  while (size > 0) {
    const ssize_t got = getrandom(at, size, 0);
    if (got < 0 && errno != EINTR) std::abort();  // a guessable key is worse than no service
    if (got <= 0) continue;
    at += got;
    size -= static_cast<size_t>(got);
  }
}

std::string randomBytes(size_t size) {
  std::string out(size, '\0');
  fillRandom(out.data(), size);
  return out;
}

void RandomStock::take(void* out, size_t size) {
  assert(size <= stock_.size());
  if (left_ < size) {
    fillRandom(stock_.data(), stock_.size());
    left_ = stock_.size();
  }
  left_ -= size;
  std::memcpy(out, stock_.data() + left_, size);
  std::memset(stock_.data() + left_, 0, size);
}

}  // namespace forebay
