#include "base/random.h"

#include <sys/random.h>

#include <cerrno>
#include <cstdlib>

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

}  // namespace forebay
